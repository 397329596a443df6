"""F7: a training interrupted anywhere goes on to the same bytes, in the same order, with the same patience."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from faulting import SCALE, record, scaled
from tiny import model_config, random_ids, train_config

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.inference.classifier import Classifier
from textrnn.nn import predict
from textrnn.training import train_rank
from textrnn.training.checkpoint import COUNTERS
from textrnn.training.events import Progress, StepDone, TrainingStarted
from textrnn.training.resume import TrainingStopped
from textrnn.training.train import train
from textrnn.training.training_rows import TrainingRows
from textrnn.training.training_state import TrainingState

IDS = random_ids(70, 20)
STEPS = 5
NEVER, EVERY_EVENT = 1e9, 0.0
RUNS = {
    "patience": (
        model_config(num_layers=2),  # dropout at all four places
        train_config(epochs=6, patience=2, ema_decay=0.9, learning_rate=0.05, warmup=0.2),
    ),
    "accuracy": (
        model_config(encoder="gru", pooling="attention"),
        train_config(epochs=3, patience=0, ema_decay=0.0, best_by="accuracy", weight_decay=0.1),
    ),
    "plain": (
        model_config(encoder="rnn", pooling="last", bidirectional=False, word_dropout=0.0, dropout=0.0),
        train_config(
            epochs=3, patience=1, ema_decay=0.99, truncation="both", max_tokens=6, warmup=0.0, learning_rate=0.01
        ),
    ),
}
QUICK = ("patience",)


class Stopped(Exception):
    """What a display that fails raises: nothing that training foresaw."""


@dataclass
class Trace:
    """What one process did: the steps it found done, batches with their rate and loss, scores, and its state."""

    found: int = 0
    batches: list[Any] = field(default_factory=list)
    rates: list[Any] = field(default_factory=list)
    scored: list[Any] = field(default_factory=list)
    state: TrainingState | None = None
    result: Classifier | None = None


def run(
    monkeypatch: pytest.MonkeyPatch,
    model: ModelConfig,
    config: TrainConfig,
    work: Path,
    *,
    stop: Callable[[], bool] = lambda: False,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Trace:
    """Train, or go on, in `work`: what was done, to its end or to the interruption."""
    trace = Trace()
    real_batch, real_state = TrainingRows.batch, train_rank.new_state

    def batch(rows: TrainingRows, indices: Any) -> Any:
        trace.batches.append(indices.tolist())
        return real_batch(rows, indices)

    def new_state(*arguments: Any) -> TrainingState:
        trace.state = real_state(*arguments)
        return trace.state

    def show(progress: Progress) -> None:
        if isinstance(progress, TrainingStarted):
            trace.found = progress.steps_done
        elif isinstance(progress, StepDone):
            trace.rates.append((progress.epoch, progress.position, progress.learning_rate, progress.loss))
        else:
            assert trace.state is not None
            trace.scored.append((progress, trace.state.waited, trace.state.best_epoch, trace.state.best_loss))
        on_progress(progress)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingRows, "batch", batch)
        patch.setattr(train_rank, "new_state", new_state)
        with contextlib.suppress(TrainingStopped, Stopped):
            trace.result = train(IDS, model, config, checkpoints=work, on_progress=show, stop_requested=stop)
    return trace


def tensors_of(state: TrainingState) -> dict[str, torch.Tensor]:
    found = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    found |= {f"average.{name}": value for name, value in state.average.state_dict().items()}
    found |= {f"best.{name}": value for name, value in state.best.items()}
    for number, moments in state.optimizer.state_dict()["state"].items():
        found |= {f"optimizer.{number}.{name}": value for name, value in moments.items()}
    return found


def assert_same_end(mine: Trace, whole: Trace, where: str) -> None:
    """Weights, average, moments, best, patience and curves are those of the uninterrupted run, to the bit."""
    assert mine.state is not None
    assert whole.state is not None
    for name in (*COUNTERS, "best_loss"):
        assert getattr(mine.state, name) == getattr(whole.state, name), f"{where}: {name}"
    a, b = tensors_of(mine.state), tensors_of(whole.state)
    assert a.keys() == b.keys()
    for name, value in b.items():
        assert torch.equal(a[name], value), f"{where}: {name}"
    assert mine.result is not None
    assert whole.result is not None
    assert all(np.array_equal(mine.result.weights[name], weight) for name, weight in whole.result.weights.items()), (
        where
    )
    assert (mine.result.history, mine.result.best_epoch) == (whole.result.history, whole.result.best_epoch), where


def assert_goes_on(first: Trace, second: Trace, whole: Trace, where: str) -> None:
    """`second` does what `first` left undone, batch by batch, with the rates, losses and scores of `whole`."""
    assert first.found == 0
    done = second.found
    assert first.batches == whole.batches[: len(first.batches)], where
    assert second.batches == whole.batches[done:], where
    assert first.rates == whole.rates[: len(first.rates)], where
    assert second.rates == whole.rates[done:], where
    assert first.scored == whole.scored[: len(first.scored)], where
    assert second.scored == whole.scored[len(whole.scored) - len(second.scored) :], where
    assert len(first.scored) + len(second.scored) >= len(whole.scored), where


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(predict, "MAX_TEXTS", 8)  # three validation batches
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def some_of(total: int, *, least: int) -> list[int]:
    """All of 1 to `total` in `make faults`, else some at equal distances with both ends."""
    count = scaled(total, least=least)
    return [1 + round(i * (total - 1) / (count - 1)) for i in range(count)]


def at_call(number: int) -> Callable[[], bool]:
    calls = iter(range(1, 1_000_000))
    return lambda: next(calls) >= number


def raise_at(number: int) -> Callable[[Progress], None]:
    """A display that fails at the `number`th event (from 1, the start left out)."""
    calls = iter(range(1_000_000))

    def show(_: Progress) -> None:
        if next(calls) == number:
            raise Stopped

    return show


@pytest.mark.parametrize("name", RUNS)
def test_stopped_at_every_place_it_is_asked(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each step, within each scoring, after each epoch, after the end: nothing is done twice."""
    if SCALE < 1 and name not in QUICK:
        pytest.skip("in `make faults`")
    model, config = RUNS[name]
    calls, states = 0, []

    def count() -> bool:
        nonlocal calls
        calls += 1
        return False

    whole = run(monkeypatch, model, config, tmp_path / "whole", stop=count)
    epochs = len(whole.scored)
    assert calls == epochs * (STEPS + 3 + 1)
    if name == "patience":
        assert epochs < config.epochs, "patience ends this run"
    places = some_of(calls, least=5)  # quick: a first step, a third, a last, a scoring batch, the end
    for call in places:
        work, where = tmp_path / f"work-{call}", f"stopped at call {call}"
        first = run(monkeypatch, model, config, work, stop=at_call(call))
        assert first.result is None
        assert first.state is not None
        second = run(monkeypatch, model, config, work)
        assert second.found == first.state.step == len(first.rates), f"{where}: no step is done again"
        assert len(first.scored) + len(second.scored) == epochs, f"{where}: no epoch ends twice"
        assert_goes_on(first, second, whole, where)
        assert_same_end(second, whole, where)
        states.append((first.state.step, len(first.scored)))
    assert len(places) < calls or len(set(states)) == epochs * (STEPS + 1), "after every step and every epoch"
    third = run(monkeypatch, model, config, work)  # the last was stopped after its end
    assert (second.found, second.batches, third.batches, third.scored) == (epochs * STEPS, [], [], [])
    assert_same_end(third, whole, "after the end")
    record(request, "F7", rounds=len(places), held=len(states), note=f"{name}: steps, scoring batches, epochs, the end")


@pytest.mark.parametrize("seconds", [EVERY_EVENT, NEVER])
@pytest.mark.parametrize("name", RUNS)
def test_broken_off_at_every_event(
    name: str, seconds: float, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that training did not foresee leaves the last checkpoint: that of the event before, or of the epoch."""
    if SCALE < 1 and (name not in QUICK or seconds == NEVER):
        pytest.skip("in `make faults`")
    model, config = RUNS[name][0], train_config(**{**vars(RUNS[name][1]), "checkpoint_seconds": seconds})
    whole = run(monkeypatch, model, config, tmp_path / "whole")
    events = len(whole.rates) + len(whole.scored)
    places = some_of(events, least=4)
    for event in places:
        work, where = tmp_path / f"work-{event}", f"broken off at event {event}"
        first = run(monkeypatch, model, config, work, on_progress=raise_at(event))
        assert first.result is None
        second = run(monkeypatch, model, config, work)
        epochs, position = divmod(event - 1, STEPS + 1)
        assert second.found == epochs * STEPS + (position if seconds == EVERY_EVENT else 0), where
        assert_goes_on(first, second, whole, where)
        assert_same_end(second, whole, where)
    often = "checkpoints after each event" if seconds == EVERY_EVENT else "checkpoints after each epoch"
    record(request, "F7", rounds=len(places), held=len(places), note=f"{name}: {often}")


def test_stopped_after_every_single_step_in_turn(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, config = RUNS["patience"]
    whole = run(monkeypatch, model, config, tmp_path / "whole")
    batches: list[Any] = []
    rates: list[Any] = []
    for number in range(1, 1000):
        seen: list[Progress] = []
        part = run(
            monkeypatch, model, config, tmp_path / "work",
            stop=lambda seen=seen: bool(seen),
            on_progress=lambda done, seen=seen: None if isinstance(done, TrainingStarted) else seen.append(done),
        )  # fmt: skip
        assert part.found == len(batches), f"process {number}"
        batches, rates = batches + part.batches, rates + part.rates
        if part.result is not None:
            break
        assert len(seen) == 1, f"process {number}"
    assert (batches, rates) == (whole.batches, whole.rates)
    assert_same_end(part, whole, "the last process")
    record(request, "F7", rounds=number, held=number, note="one event a process")
