"""The thread that computes: one batch of jobs after another."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from textrnn.data.columns import Example
from textrnn.model.predictor import Predictions
from textrnn.serving.served_model import ServedModel
from textrnn.serving.work_queue import Job, WorkQueue

Compute = Callable[[ServedModel, Sequence[Example], int | None], Any]  # by so many threads; None: one a core


@dataclass(frozen=True)
class Batch:
    """What was computed of several jobs: rows `start` to `stop` of `found` are those of one job.

    `queued` are the seconds that the job waited, `computed` those of the whole batch.
    """

    found: Any
    start: int
    stop: int
    queued: float
    computed: float


class EngineThread:
    """A thread that takes the jobs of a queue, batch by batch, until the queue ends: engine `number` of the queue.

    Where other engines have work it computes on one thread: two threads that share a batch of a few requests wait for
    each other, two batches do not.

    Each job is given a `Batch`, or the exception that it met, in the loop that started the thread; where a batch fails,
    each of its jobs is computed alone, so that none fails for another.
    """

    def __init__(self, queue: WorkQueue, compute: Compute, name: str, number: int = 0) -> None:
        self.queue, self._compute, self._number = queue, compute, number
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End when nothing waits any more."""
        self.queue.end()

    def _run(self) -> None:
        while batch := self.queue.take(self._number):
            delivered = self._compute_batch(batch)
            self._loop.call_soon_threadsafe(_deliver, delivered)

    def _compute_batch(self, batch: list[Job]) -> list[tuple[Job, Any]]:
        begun = time.monotonic()
        examples = [example for job in batch for example in job.examples] if len(batch) > 1 else batch[0].examples
        try:
            found = self._compute(batch[0].model, examples, None if self.queue.is_alone(self._number) else 1)
        except Exception as error:
            if len(batch) == 1:
                return [(batch[0], error)]
            return [each for job in batch for each in self._compute_batch([job])]
        computed = time.monotonic() - begun
        tokens = int(found.tokens.sum()) if isinstance(found, Predictions) else 0
        self.queue.learn(batch, tokens, computed)
        delivered: list[tuple[Job, Any]] = []
        start = 0
        for job in batch:
            stop = start + len(job.examples)
            delivered.append((job, Batch(found, start, stop, begun - job.begun, computed)))
            start = stop
        return delivered


def _deliver(delivered: list[tuple[Job, Any]]) -> None:
    for job, found in delivered:
        job.deliver(found)


def predict_batch(model: ServedModel, examples: Sequence[Example], threads: int | None = None) -> Predictions:
    """The predictions of `examples` (N), by so many `threads`; None: one a core."""
    return model.predictor.predict_examples(examples, threads=threads)
