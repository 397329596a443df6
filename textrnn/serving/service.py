"""What answers requests: the model that is served now, its queues, its counters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from textrnn.data.columns import Example
from textrnn.machine.hardware import thread_count
from textrnn.model.predictor import Predictions
from textrnn.serving.engine_thread import Batch, EngineThread, predict_batch
from textrnn.serving.explain_batch import explain_batch, explanation_cost
from textrnn.serving.latency import LatencyModel
from textrnn.serving.limits import Limits
from textrnn.serving.metrics import Metrics
from textrnn.serving.predict_answer import rows_of
from textrnn.serving.problems import overloaded_problem, stopping_problem
from textrnn.serving.served_model import ServedModel
from textrnn.serving.text_log import TextLog
from textrnn.serving.work_queue import Job, WorkQueue

WARM_UP_BATCHES = (1, 8, 64)  # texts in batches that teach the line of seconds before anybody asks


class ClientConnection(Protocol):
    """A connection: whoever waits for an answer on it is told when it is lost."""

    waiting: set[asyncio.Future[Any]]


class ClientDisconnected(Exception):
    """Whoever asked has left: nobody reads an answer."""


@dataclass(frozen=True)
class RequestPredictions:
    """The predictions for one request by `model`, explained if it asked for that; seconds in the queue and of its batch
    in the engine.
    """

    model: ServedModel
    predictions: Predictions
    explanations: Sequence[Any] | None
    queued: float
    computed: float


@dataclass
class Service:
    """A model with the queues before it. `model` may be replaced at any time: a request is answered by the one that was
    there when it was accepted. Texts are kept in the `log`, if there is one. To be made in a running loop.
    """

    model: ServedModel
    limits: Limits
    metrics: Metrics
    log: TextLog | None = None
    is_stopping: bool = False
    queue: WorkQueue = field(init=False)
    explanations: WorkQueue = field(init=False)
    _accepted: int = 0  # requests that are not answered yet

    def __post_init__(self) -> None:
        engines = thread_count()
        self.queue = WorkQueue(self.limits, _measured(self.model), engines=engines)
        # an explanation costs as many predictions as a text has words: beside predictions, not before them
        self.explanations = WorkQueue(self.limits, LatencyModel(), explanation_cost)
        self._threads = [
            *(EngineThread(self.queue, predict_batch, f"textrnn-engine-{i}", i) for i in range(engines)),
            EngineThread(self.explanations, explain_batch, "textrnn-explain"),
        ]
        self.metrics.set_model(self.model.digest)

    def replace_model(self, model: ServedModel) -> None:
        """Let requests that are accepted from now on be answered by `model`."""
        self.model = model
        self.metrics.set_model(model.digest)

    def require_time(self, *, late: bool) -> None:
        """Refuse by Problem, before its body is read, a request that would wait too long (429), or came late, after
        `stop` (503).
        """
        if late:
            raise stopping_problem()
        wait = self.queue.wait()
        if wait > self.limits.wait_seconds:
            raise overloaded_problem(wait)

    async def predict(
        self,
        model: ServedModel,
        examples: list[Example],
        characters: int,
        *,
        explain: bool,
        client: ClientConnection | None,
    ) -> RequestPredictions:
        """The predictions of `model` for `examples` (N). Raises Problem (429), ClientDisconnected."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def deliver(found: Any) -> None:
            if not future.done():
                future.set_result(found)

        queue = self.explanations if explain else self.queue
        job = Job(model, examples, characters, deliver, future.done)
        if wait := queue.offer(job):
            raise overloaded_problem(wait)
        waiting = set() if client is None else client.waiting
        waiting.add(future)
        self._accepted += 1
        try:
            found = await future
        finally:
            self._accepted -= 1
            waiting.discard(future)
        if found is None:
            raise ClientDisconnected
        if isinstance(found, Exception):
            raise found
        return self._count(job, found)

    def _count(self, job: Job, batch: Batch) -> RequestPredictions:
        predictions, explanations = batch.found if isinstance(batch.found, tuple) else (batch.found, None)
        own = rows_of(predictions, batch.start, batch.stop)
        metrics = self.metrics
        metrics.count_predictions(job.model, own)
        if self.log is not None:
            self.log.write(job.model, job.examples, own)
        metrics.in_queue.observe(batch.queued)
        metrics.in_engine.observe(batch.computed)
        metrics.in_all.observe(time.monotonic() - job.begun)
        some = None if explanations is None else explanations[batch.start : batch.stop]
        return RequestPredictions(job.model, own, some, batch.queued, batch.computed)

    def gauges(self) -> None:
        """Set what changes without being counted."""
        self.metrics.queue_requests.set(len(self.queue) + len(self.explanations))
        self.metrics.queue_tokens.set(self.queue.tokens)
        self.metrics.accepted.set(self._accepted)

    def stop(self) -> None:
        """Accept nothing more; what came before is answered."""
        self.is_stopping = True

    def end(self) -> None:
        """End the threads, close the log."""
        for thread in self._threads:
            thread.stop()
        if self.log is not None:
            self.log.close()


def _measured(model: ServedModel) -> LatencyModel:
    """A line of seconds that knows how long a few batches took."""
    latency = LatencyModel()
    row = model.example_row
    cells = tuple(row[name] for name in model.columns.inputs)
    example: Example = cells[0] if model.columns.text_only else cells
    for texts in WARM_UP_BATCHES * 2:
        begun = time.monotonic()
        found = model.predictor.predict_examples([example] * texts, threads=1)
        latency.learn(texts + float(found.tokens.sum()), time.monotonic() - begun)
    return latency
