"""The queue before the engine: what waits, what is refused at once, what is computed together."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from textrnn.data.columns import Example
from textrnn.serving.latency import LatencyModel
from textrnn.serving.limits import Limits
from textrnn.serving.served_model import ServedModel

CHARACTERS_PER_TOKEN = 4.5  # before anything was read
CHARACTERS_AS_TOKEN = 64  # characters beyond the network's last token that cost as much as a token
Cost = Callable[[float, int], float]  # of the tokens that so many texts have
DECAY = 0.9  # of the characters a token, from one batch to the next
FAIR_TOKENS = 1 << 13  # of a batch: a larger one reads a token hardly faster
BATCH_SHARE = 0.25  # of the seconds that a request may wait: a batch should not take longer


@dataclass(eq=False)
class Job:
    """N `examples` of one request that `model` predicts; `deliver` is given the answer, or an error.

    `is_gone` says whether whoever asked has left: then nothing is computed, and nothing delivered. `characters` are
    those of all texts, `tokens` what they are likely to cost, in tokens of the network.
    """

    model: ServedModel
    examples: list[Example]
    characters: int
    deliver: Callable[[Any], None]
    is_gone: Callable[[], bool]
    tokens: float = 0.0
    begun: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Running:
    """The batch that an engine computes: its tokens, 0 where it waits, and when it began."""

    tokens: float = 0.0
    since: float = 0.0


class WorkQueue:
    """Jobs in the order in which they came. Requests offer them, each of the `engines` takes them in batches.

    `clock` returns seconds.
    """

    def __init__(
        self,
        limits: Limits,
        latency: LatencyModel,
        cost: Cost = lambda tokens, texts: tokens,
        clock: Callable[[], float] = time.monotonic,
        engines: int = 1,
    ) -> None:
        self.limits, self.latency, self._cost, self._clock = limits, latency, cost, clock
        self._ready = threading.Condition()
        self._jobs: deque[Job] = deque()
        self._tokens = 0.0
        self._running = [Running()] * engines
        self._characters = 0
        self._per_token = CHARACTERS_PER_TOKEN
        self._ended = False

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def tokens(self) -> float:
        """The tokens that wait or are computed."""
        return self._tokens + sum(batch.tokens for batch in self._running)

    @property
    def batch_tokens(self) -> float:
        """The tokens of a batch at most: on a slow machine fewer than the limit, so that answers are not late."""
        return min(self.limits.batch_tokens, self.latency.tokens_within(BATCH_SHARE * self.limits.wait_seconds))

    def wait(self) -> float:
        """The seconds until a job that is offered now would be answered; 0 where it need not wait for others.

        Others are those that are computed, those that wait, and those that will come and be computed with it. What it
        takes by itself, where it is larger than a batch, is not counted.
        """
        rests = [self._rest(batch) for batch in self._running]
        if not self._jobs and not min(rests):
            return 0.0
        caution, largest = self.latency.caution, self.batch_tokens
        batches = min(self._tokens / max(largest, 1.0), len(self._jobs))
        before = sum(rests) + caution * self.latency.predict(self._tokens, batches)
        return max(before / len(rests), min(rests)) + caution * self.latency.predict(largest)

    def _rest(self, batch: Running) -> float:
        """The seconds that a batch which is computed still takes: one that is late by a second, another one."""
        if not batch.tokens:
            return 0.0
        expected = self.latency.caution * self.latency.predict(batch.tokens)
        return abs(expected - (self._clock() - batch.since))

    def offer(self, job: Job) -> float:
        """Take the job, and return 0; or refuse it, and return the seconds after which it may be offered again."""
        job.tokens = self.cost(job)
        with self._ready:
            wait, limits = self.wait(), self.limits
            full = len(self._jobs) >= limits.queue_requests
            full = full or (bool(self._jobs) and self._characters + job.characters > limits.queue_characters)
            if full or wait > limits.wait_seconds:
                return max(wait, 1e-3)
            self._jobs.append(job)
            self._tokens += job.tokens
            self._characters += job.characters
            self._ready.notify()
        return 0.0

    def cost(self, job: Job) -> float:
        """What the texts of a job are likely to cost, in tokens: the network reads few, the n-gram branch all."""
        most = job.model.predictor.max_tokens * len(job.examples)
        tokens = len(job.examples) + min(job.characters / self._per_token, most) + job.characters / CHARACTERS_AS_TOKEN
        return self._cost(tokens, len(job.examples))

    def take(self, engine: int = 0) -> list[Job]:
        """Wait for jobs, and return those of one batch, all for one model, none of which is gone; [] at the end.

        A batch begins as soon as its `engine` is free: those that come while all compute are the next one.
        """
        with self._ready:
            self.release(engine)
            while True:
                batch = self._next_batch()
                if batch or (self._ended and not self._jobs):
                    break
                if not self._jobs:
                    self._ready.wait()
            self._running[engine] = Running(sum(job.tokens for job in batch), self._clock())
        return batch

    def release(self, engine: int) -> None:
        """Know that an engine computes nothing."""
        self._running[engine] = Running()

    def is_alone(self, engine: int) -> bool:
        """Whether nothing waits, and no other engine computes."""
        others = (batch.tokens for number, batch in enumerate(self._running) if number != engine)
        return not self._jobs and not any(others)

    def _next_batch(self) -> list[Job]:
        batch: list[Job] = []
        fair = max(FAIR_TOKENS, self._tokens / len(self._running))
        tokens, most = 0.0, min(self.batch_tokens, fair)
        while self._jobs:
            job = self._jobs[0]
            if batch and (job.model is not batch[0].model or tokens + job.tokens > most):
                break
            self._jobs.popleft()
            self._tokens = self._tokens - job.tokens if self._jobs else 0.0
            self._characters -= job.characters
            if job.is_gone():
                continue
            batch.append(job)
            tokens += job.tokens
        return batch

    def learn(self, batch: list[Job], tokens: int, seconds: float) -> None:
        """Fit the line of seconds, and how many characters a token has, to a batch that read `tokens`."""
        with self._ready:
            self.latency.learn(sum(job.tokens for job in batch), seconds)
            characters = sum(job.characters for job in batch)
            most = sum(job.model.predictor.max_tokens * len(job.examples) for job in batch)
            if tokens and tokens < most / 2:  # few were cut
                per_token = min(max(characters / tokens, 0.5), 20.0)
                self._per_token = DECAY * self._per_token + (1 - DECAY) * per_token

    def end(self) -> None:
        """Let `take` return [] when nothing waits any more."""
        with self._ready:
            self._ended = True
            self._ready.notify_all()
