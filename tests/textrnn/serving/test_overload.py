"""More requests than an engine computes, by a clock that the test sets: an engine that takes a known time a token."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from textrnn.serving.latency import LatencyModel
from textrnn.serving.limits import Limits
from textrnn.serving.work_queue import BATCH_SHARE, CHARACTERS_PER_TOKEN, FAIR_TOKENS, Job, WorkQueue

LIMITS = Limits()
TEXTS, LONGEST = 16, 256  # of a request, tokens of a text
TOKENS = TEXTS * (10 + LONGEST) / 2  # of a request, on average
MODEL: Any = SimpleNamespace(predictor=SimpleNamespace(max_tokens=512))


@dataclass
class Simulation:
    """A queue before `engines` whose batches take `seconds(tokens, now)`. Requests come at random times.

    `answers` has of each request that was taken when it came and the seconds until its answer; `batches` has the
    tokens of each batch and its seconds.
    """

    seconds: Callable[[float, float], float]
    engines: int = 1
    now: float = 0.0
    answers: list[tuple[float, float]] = field(default_factory=list)
    batches: list[tuple[float, float]] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue = WorkQueue(LIMITS, LatencyModel(), clock=lambda: self.now, engines=self.engines)
        self.running, self._chance = dict[int, tuple[float, list[Job], float, float]](), random.Random(0)
        for texts in (1, 8, 64) * 2:  # what a server does before anybody asks
            self.queue.latency.learn(10.0 * texts, self.seconds(10.0 * texts, 0.0))

    def run(self, rate: float, until: float) -> None:
        """Let `rate` requests a second come until a time."""
        due = self.now
        while (due := due + self._chance.expovariate(rate)) < until:
            self.compute(due)
            self.now = due
            characters = CHARACTERS_PER_TOKEN * sum(self._chance.randint(10, LONGEST) for _ in range(TEXTS))
            job = Job(MODEL, [""] * TEXTS, int(characters), lambda _: None, lambda: False, begun=due)
            if wait := self.queue.offer(job):
                self.refused.append(wait)
            self._begin()

    def compute(self, until: float = float("inf")) -> None:
        """Let the engine compute until a time, or until nothing waits."""
        while self.running:
            engine = min(self.running, key=lambda each: self.running[each][0])
            end, batch, tokens, seconds = self.running[engine]
            if end > until:
                break
            del self.running[engine]
            self.now = end
            self.queue.learn(batch, int(tokens), seconds)
            self.answers += [(job.begun, self.now - job.begun) for job in batch]
            self.queue.release(engine)
            self._begin()

    def _begin(self) -> None:
        for engine in range(self.engines):
            if engine not in self.running and len(self.queue):
                batch = self.queue.take(engine)
                tokens = sum(job.characters for job in batch) / CHARACTERS_PER_TOKEN
                seconds = self.seconds(tokens, self.now)
                self.batches.append((tokens, seconds))
                self.running[engine] = self.now + seconds, batch, tokens, seconds

    def late(self, since: float = 0.0, until: float = float("inf")) -> float:
        """Of the requests that were taken between two times, the share that was answered after the deadline."""
        taken = [seconds for begun, seconds in self.answers if since <= begun < until]
        assert len(taken) > 50
        return sum(seconds > LIMITS.wait_seconds for seconds in taken) / len(taken)


SPEEDS = pytest.mark.parametrize(("per_token", "per_batch"), [(4e-6, 0.0), (4e-6, 2e-3), (1e-5, 5e-3), (3e-5, 0.0)])


@SPEEDS
def test_at_five_times_the_load_what_is_taken_is_answered_in_time(per_token: float, per_batch: float) -> None:
    run = Simulation(lambda tokens, _: per_token * tokens + per_batch)
    run.run(5 / (per_token * TOKENS), 12.0)
    run.compute()
    assert run.late() == 0
    assert len(run.refused) > 3 * len(run.answers)
    assert min(run.refused) > LIMITS.wait_seconds
    goodput = sum(tokens for tokens, _ in run.batches) / run.now
    assert goodput > 0.95 / (per_token + per_batch / LIMITS.batch_tokens)
    assert run.now < 12.0 + LIMITS.wait_seconds  # idle again


@SPEEDS
def test_at_half_the_load_nothing_is_refused(per_token: float, per_batch: float) -> None:
    run = Simulation(lambda tokens, _: per_token * tokens + per_batch)
    run.run(0.5 / (per_token * TOKENS + per_batch), 20.0)
    assert not run.refused


@pytest.mark.parametrize("spread", [0.1, 0.3])
def test_an_engine_of_uneven_speed_is_not_trusted_to_its_mean(spread: float) -> None:
    chance = random.Random(1)
    run = Simulation(lambda tokens, _: 1e-5 * tokens * chance.lognormvariate(0.0, spread))
    run.run(5 / (1e-5 * TOKENS), 30.0)
    run.compute()
    assert run.late() < 0.01
    assert sum(seconds for _, seconds in run.batches) > 0.95 * run.now  # it was never idle


@SPEEDS
def test_two_engines_compute_twice_as_much_in_time(per_token: float, per_batch: float) -> None:
    run = Simulation(lambda tokens, _: per_token * tokens + per_batch, engines=2)
    run.run(10 / (per_token * TOKENS), 12.0)
    run.compute()
    assert run.late() == 0
    goodput = sum(tokens for tokens, _ in run.batches) / run.now
    assert goodput > 0.93 * 2 / (per_token + per_batch / LIMITS.batch_tokens)


def test_what_waits_is_shared_by_the_engines() -> None:
    run = Simulation(lambda tokens, _: 1e-5 * tokens, engines=2)
    run.run(1e5, 16e-5)  # sixteen at once
    run.compute()
    assert max(seconds for _, seconds in run.batches) < 1.2 * 1e-5 * FAIR_TOKENS
    slower = Simulation(lambda tokens, _: 1e-5 * tokens)
    slower.run(1e5, 16e-5)
    slower.compute()
    assert run.now < 0.6 * slower.now


def test_an_engine_is_alone_where_nothing_waits_and_no_other_computes() -> None:
    queue = WorkQueue(LIMITS, LatencyModel(), engines=2)
    for model in (MODEL, SimpleNamespace(predictor=MODEL.predictor)):  # of which no batch is made
        queue.offer(Job(model, [""], 100, lambda _: None, lambda: False))
    queue.take(0)
    assert not queue.is_alone(0), "another waits"
    queue.take(1)
    assert not queue.is_alone(0), "another is computed"
    queue.release(1)
    assert queue.is_alone(0)
    assert not queue.is_alone(1)


def test_an_engine_that_slows_down_is_noticed_within_seconds() -> None:
    run = Simulation(lambda tokens, now: (3e-5 if 10 < now < 20 else 1e-5) * tokens)
    run.run(5 / (1e-5 * TOKENS), 30.0)
    run.compute()
    assert run.late(0, 9) == run.late(20, 30) == 0
    assert run.late(11.5, 20) < 0.01


def test_a_batch_is_of_the_size_that_the_deadline_leaves() -> None:
    slow, fast = (Simulation(lambda tokens, _, each=each: each * tokens) for each in (1.5e-5, 1e-6))
    for run in (slow, fast):
        run.run(5 / (run.seconds(1.0, 0.0) * TOKENS), 4.0)
    assert max(seconds for _, seconds in slow.batches) <= 1.02 * BATCH_SHARE * LIMITS.wait_seconds
    assert max(tokens for tokens, _ in fast.batches) > 0.9 * LIMITS.batch_tokens


def test_what_is_computed_for_longer_than_expected_may_take_as_long_again() -> None:
    run = Simulation(lambda tokens, _: 1e-5 * tokens)
    run.run(1000, 0.01)
    assert run.queue.wait() < LIMITS.wait_seconds
    run.now = 3.0  # and no answer yet
    assert run.queue.wait() > 2.5


def test_what_delays_a_batch_of_milliseconds_is_no_reason_to_refuse() -> None:
    run = Simulation(lambda tokens, _: 3e-6 * tokens + 3e-4)
    run.queue.latency.learn(640.0, 1e-2)  # of two milliseconds
    run.run(1e5, 16e-5)  # sixteen at once, of some 34,000 tokens
    assert len(run.queue) > 8
    assert not run.refused
