"""What waits, what is refused at once, what is computed together; a line of seconds that is learned."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from served import MODEL

from textrnn.serving.latency import LatencyModel
from textrnn.serving.limits import Limits
from textrnn.serving.served_model import ServedModel, load_served_model
from textrnn.serving.work_queue import Job, WorkQueue


@pytest.fixture(scope="module")
def model() -> ServedModel:
    return load_served_model(MODEL)


def job(model: ServedModel, texts: int = 1, characters: int = 100, *, gone: bool = False) -> Job:
    return Job(model, ["a" * (characters // texts)] * texts, characters, lambda found: None, lambda: gone)


def queue(latency: LatencyModel | None = None, **limits: Any) -> WorkQueue:
    return WorkQueue(Limits(**limits), latency or LatencyModel(1e-6, 0.0))


def test_a_batch_is_bounded_by_tokens_and_a_request_is_never_split(model: ServedModel) -> None:
    waiting = queue(batch_tokens=100)
    jobs = [job(model, 4, 120) for _ in range(5)] + [job(model, 64, 64_000), job(model)]
    for each in jobs:
        assert waiting.offer(each) == 0
    sizes = []
    while len(waiting):
        batch = waiting.take()
        sizes.append(len(batch))
        assert len(batch) == 1 or sum(each.tokens for each in batch) <= 100
    assert sizes == [3, 2, 1, 1]


def test_a_batch_is_of_one_model(model: ServedModel) -> None:
    other = load_served_model(MODEL)
    waiting = queue()
    for each in (model, model, other, other, model):
        waiting.offer(job(each))
    found = []
    while len(waiting):
        batch = waiting.take()
        assert len({id(each.model) for each in batch}) == 1
        found.append(len(batch))
    assert found == [2, 2, 1]


def test_who_is_gone_is_left_out(model: ServedModel) -> None:
    waiting = queue()
    stays = job(model)
    for each in (job(model, gone=True), stays, job(model, gone=True)):
        waiting.offer(each)
    assert waiting.take() == [stays]
    assert waiting.tokens == pytest.approx(stays.tokens)


def test_what_would_be_late_is_refused_and_told_when_to_come_again(model: ServedModel) -> None:
    waiting = queue(LatencyModel(1e-2, 0.0), wait_seconds=1.0)  # a hundred tokens a second
    refused, taken = 0.0, 0
    while not refused:
        refused = waiting.offer(job(model))
        taken += not refused
    assert 1.0 < refused < 2.0
    assert taken >= 4
    waiting.take()  # all that waited is being computed
    assert 0 < waiting.wait() <= refused


def test_one_request_is_taken_however_long_it_takes(model: ServedModel) -> None:
    waiting = queue(LatencyModel(1.0, 10.0), wait_seconds=0.1)
    assert waiting.offer(job(model, 64, 64_000)) == 0


def test_requests_and_characters_are_bounded(model: ServedModel) -> None:
    few = queue(queue_requests=2)
    assert [bool(few.offer(job(model))) for _ in range(3)] == [False, False, True]
    short = queue(queue_characters=250)
    for _ in range(3):  # what was taken leaves its room to others
        assert [bool(short.offer(job(model))) for _ in range(3)] == [False, False, True]
        assert len(short.take()) == 2


def test_the_end_comes_after_all_that_waits(model: ServedModel) -> None:
    waiting = queue()
    waiting.offer(job(model))
    waiting.end()
    assert len(waiting.take()) == 1
    assert waiting.take() == []


def test_take_waits_for_a_job(model: ServedModel) -> None:
    waiting = queue()
    found: list[list[Job]] = []
    thread = threading.Thread(target=lambda: found.append(waiting.take()))
    thread.start()
    wanted = job(model)
    waiting.offer(wanted)
    thread.join(60)
    assert found == [[wanted]]


@given(
    per_token=st.floats(1e-7, 1e-3),
    per_batch=st.floats(0, 0.1),
    sizes=st.lists(st.integers(1, 10_000), min_size=2, max_size=60).filter(lambda s: max(s) > 2 * min(s)),
)
def test_a_line_is_learned(per_token: float, per_batch: float, sizes: list[int]) -> None:
    latency = LatencyModel()
    for size in sizes * 3:
        latency.learn(size, per_token * size + per_batch)
    for size in (1, 100, 10_000):
        assert latency.predict(size) == pytest.approx(
            per_token * size + per_batch, rel=0.02, abs=1e-4 * per_batch + 1e-9
        )


def test_batches_of_one_size_give_a_line_through_the_origin() -> None:
    latency = LatencyModel()
    for _ in range(10):
        latency.learn(100, 0.01)
    assert latency.predict(200, 2) == pytest.approx(0.02)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e3)), max_size=50))
def test_whatever_is_learned_is_no_negative_time(seen: list[tuple[float, float]]) -> None:
    latency = LatencyModel()
    for tokens, seconds in seen:
        latency.learn(tokens, seconds)
    assert latency.per_token > 0
    assert latency.per_batch >= 0
