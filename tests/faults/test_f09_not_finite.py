"""F9: NaN or infinity in a loss, gradient, weight or checkpoint stops training there, and is never kept."""

from __future__ import annotations

import itertools
import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from faulting import record, scaled
from safetensors.torch import load_file, save_file
from tiny import model_config, random_ids, train_config
from torch import Tensor
from torch.nn import functional

from textrnn.errors import DamagedFilesError, TrainingError
from textrnn.inference.classifier import Classifier
from textrnn.storage.files import MANIFEST, read_json, read_manifest, write_json, write_manifest
from textrnn.text.word_vectors import WordVectors
from textrnn.training import objective, train_rank
from textrnn.training import step as step_module
from textrnn.training.checkpoint import COUNTERS, SCALARS, TENSORS, list_checkpoints, read_fingerprint, restore_state
from textrnn.training.events import EpochDone, Progress, StepDone, TrainingStarted
from textrnn.training.fused_adamw import fused_adamw_step
from textrnn.training.resume import TrainingStopped
from textrnn.training.schedule import make_schedule
from textrnn.training.train import train
from textrnn.training.train_rank import new_state
from textrnn.training.training_state import TrainingState

IDS = random_ids(70, 20)
STEPS, LAST = 5, 10
MODEL = model_config(num_layers=2)
CONFIG = train_config(checkpoint_seconds=0.0)
RARELY = replace(CONFIG, checkpoint_seconds=1e9)
BAD = (float("nan"), float("inf"), float("-inf"))
Show = Callable[[Progress], None]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def fresh() -> TrainingState:
    return new_state(MODEL, make_schedule(CONFIG, 70), IDS.vocabulary_size, 2)


def assert_same(mine: Classifier, theirs: Classifier, where: str) -> None:
    assert all(np.array_equal(mine.weights[name], weight) for name, weight in theirs.weights.items()), where
    assert (mine.history, mine.best_epoch) == (theirs.history, theirs.best_epoch), where


def assert_sane(work: Path, where: str) -> None:
    """Every checkpoint there is one that a run may go on from."""
    for found in list_checkpoints(work):
        read_fingerprint(found)
        restore_state(found, fresh())
        assert all(bool(tensor.isfinite().all()) for tensor in load_file(found / TENSORS).values()), where


# --- while training -------------------------------------------------------------------------------


def poison(tensor: Tensor, value: float, place: int) -> None:
    with torch.no_grad():
        tensor.view(-1)[place % tensor.numel()] = value


def poisoned(kind: str, value: float, step: int, seed: int, patch: pytest.MonkeyPatch) -> tuple[Show, str]:
    """Put `value` into one number of the `step`th step (from 1); what is to be shown, and the cause to be named."""
    chance = random.Random(f"F9 {seed}")
    name = chance.choice([name for name, _ in fresh().network.named_parameters()])
    place = chance.randrange(1 << 30)
    states: list[TrainingState] = []

    def due() -> bool:
        return states[-1].step == step - 1

    def remember(*arguments: Any) -> TrainingState:
        states.append(new_state(*arguments))
        state, real = states[-1], states[-1].optimizer.step

        def stepped() -> None:
            real()
            if kind == "weight" and due():
                poison(state.network.get_parameter(name), value, place)

        def changed(gradient: Tensor) -> Tensor:
            found = gradient.clone()
            if due():
                poison(found, value, place)
            return found

        def moved(*given: Any, **how: Any) -> bool:  # what steps in C in its place, and looks at the weights as it goes
            if kind == "weight" and due():
                poison(state.network.get_parameter(name), value, place)
            return fused_adamw_step(*given, **how)

        patch.setattr(state.optimizer, "step", stepped)
        patch.setattr(step_module, "fused_adamw_step", moved)
        if kind == "gradient":
            state.network.get_parameter(name).register_hook(changed)
        return state

    def cross_entropy(logits: Tensor, labels: Tensor, **options: str) -> Tensor:
        loss = functional.cross_entropy(logits, labels, **options)
        return loss * value if kind == "loss" and due() else loss

    def show(progress: Progress) -> None:
        at = isinstance(progress, TrainingStarted if step == 1 or kind == "resumed" else StepDone)
        if kind in ("between", "resumed") and at and due():
            poison(states[-1].network.get_parameter(name), value, place)

    patch.setattr(train_rank, "new_state", remember)
    patch.setattr(objective, "functional", SimpleNamespace(cross_entropy=cross_entropy))
    cause = {"loss": f"the loss is {value}", "gradient": "the gradient's length is (nan|inf)"}
    return show, cause.get(kind, rf"(the weight |network\.){re.escape(name)} holds NaN or infinity")


def stop_after(step: int, work: Path) -> None:
    """Train `step` steps and stop."""
    seen: list[Progress] = []
    with pytest.raises(TrainingStopped):
        train(
            IDS, MODEL, CONFIG, checkpoints=work,
            on_progress=seen.append, stop_requested=lambda: sum(isinstance(p, StepDone) for p in seen) >= step,
        )  # fmt: skip


KINDS = ("loss", "gradient", "weight", "between", "resumed")
CASES = list(itertools.product(KINDS, BAD, range(1, LAST + 1)))
random.Random("F9").shuffle(CASES)


def test_what_is_not_finite_stops_there_and_the_last_good_weights_stay(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(IDS, MODEL, CONFIG)
    count = scaled(len(CASES))
    # in a few rounds every kind all the same
    cases = CASES if count == len(CASES) else [next(c for c in CASES if c[0] == kind) for kind in KINDS] + CASES[:count]
    for number, (kind, value, step) in enumerate(cases):
        where, work = f"round {number}: {value} into {kind} at step {step}", tmp_path / f"{number}"
        config = RARELY if kind == "between" and number % 2 else CONFIG
        if kind == "resumed" and step > 1:
            stop_after(step - 1, work)
        shown: list[Progress] = []
        with monkeypatch.context() as patch:
            poisoning, cause = poisoned(kind, value, step, number, patch)

            def show(progress: Progress, poisoning: Show = poisoning, shown: list[Progress] = shown) -> None:
                shown.append(progress)
                poisoning(progress)

            with pytest.raises(TrainingError) as caught:
                train(IDS, MODEL, config, checkpoints=work, on_progress=show)
        message = str(caught.value)
        epoch, position = divmod(step - 1, STEPS)
        here = rf"at epoch {epoch + 1}, step {position + 1}: {cause}"
        if kind == "between":  # seen by the checkpoint just after the step, or by the next step
            before = rf"at epoch {(step - 2) // STEPS + 1}, after step {(step - 2) % STEPS + 1}: {cause}"
            here = rf"({here}|{before}|at epoch {epoch + 1}, after step 0: {cause})"
        elif kind == "resumed" and position == 0 and step > 1:
            here = rf"({here}|at epoch {epoch + 1}, after step 0: {cause})"  # the epoch was not scored yet
        assert re.match(f"training stopped {here}, expected .*train.learning_rate", message), f"{where}: {message}"
        assert "\n" not in message
        found = shown[0].steps_done  # type: ignore[union-attr]
        assert found + sum(isinstance(p, StepDone) for p in shown) == step - 1, f"{where}: not a step more"
        assert_sane(work, where)
        again: list[Progress] = []
        resumed = train(IDS, MODEL, CONFIG, checkpoints=work, on_progress=again.append)
        assert isinstance(again[0], TrainingStarted)
        kept = step - 1
        if kind == "between":  # it came before a checkpoint could be made of the step before
            kept = (max(step - 2, 0) // STEPS * STEPS) if config is RARELY else max(step - 2, 0)
        assert again[0].steps_done == kept, f"{where}: resumed after {again[0].steps_done}"
        assert_same(resumed, whole, where)
    record(request, "F9", rounds=len(cases), held=len(cases), note="stopped there, last good weights kept, resumed")


def test_with_a_lower_learning_rate_nothing_of_the_failed_run_is_used(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        show, _ = poisoned("loss", float("nan"), 8, 0, patch)
        with pytest.raises(TrainingError, match="epoch 2, step 3"):
            train(IDS, MODEL, CONFIG, checkpoints=tmp_path, on_progress=show)
    shown: list[Progress] = []
    lower = replace(CONFIG, learning_rate=1e-4)
    found = train(IDS, MODEL, lower, checkpoints=tmp_path, on_progress=shown.append)
    assert isinstance(shown[0], TrainingStarted)
    assert shown[0].steps_done == 0
    assert "learning_rate was 0.003, is 0.0001; training starts over" in shown[0].lost
    assert_same(found, train(IDS, MODEL, lower), "lower rate")
    record(request, "F9", rounds=1, held=1, note="a lower rate starts over")


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize(("part", "cause"), [("average", "averaged weight"), ("moment", "optimizer.0.exp_avg_sq")])
def test_the_average_and_the_moments_too(
    part: str, cause: str, value: float, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of the embedding that validation never reads would else reach the classifier unseen."""
    states: list[TrainingState] = []

    def remember(*arguments: Any) -> TrainingState:
        states.append(new_state(*arguments))
        return states[0]

    def show(progress: Progress) -> None:
        state = states[0]
        if isinstance(progress, StepDone) and part == "average" and state.step == STEPS:
            poison(state.average.embedding.weight, value, 0)  # PAD
        if isinstance(progress, EpochDone) and part == "moment":
            poison(state.optimizer.state[next(iter(state.optimizer.state))]["exp_avg_sq"], value, 7)

    monkeypatch.setattr(train_rank, "new_state", remember)
    with pytest.raises(TrainingError, match=f"training stopped .*epoch .*{cause}.* holds NaN or infinity"):
        train(IDS, MODEL, RARELY, checkpoints=tmp_path / "work", on_progress=show)
    assert list_checkpoints(tmp_path / "work") == []
    record(request, "F9", rounds=1, held=1, note=f"{part}, {value}")


@pytest.mark.parametrize("value", BAD)
def test_word_vectors_too(value: float, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Of any token, one that no text holds too; a file of such vectors is refused before (the table of input)."""
    rows = [0, 1, 2, IDS.vocabulary_size - 1]
    for row in rows:
        matrix = np.random.default_rng(0).normal(size=(IDS.vocabulary_size, 4)).astype(np.float32)
        matrix[row, 2] = value
        shown: list[Progress] = []
        told = "training stopped at epoch 1, step 1: the weight embedding.weight holds NaN or infinity"
        with pytest.raises(TrainingError, match=told):
            train(IDS, MODEL, CONFIG, WordVectors(matrix), checkpoints=tmp_path, on_progress=shown.append)
        assert not any(isinstance(progress, StepDone) for progress in shown)
        assert list_checkpoints(tmp_path) == []
    record(request, "F9", rounds=len(rows), held=len(rows), note=f"{value} in a word vector")


# --- in a checkpoint whose digests are right ------------------------------------------------------


def forge(checkpoint: Path, change: Callable[[dict[str, Tensor], Any], None]) -> None:
    """Change what a checkpoint holds and seal it again."""
    tensors, scalars = load_file(checkpoint / TENSORS), read_json(checkpoint / SCALARS)
    header = {name: value for name, value in read_manifest(checkpoint).items() if name != "files"}
    change(tensors, scalars)
    save_file(tensors, checkpoint / TENSORS)
    (checkpoint / SCALARS).unlink()
    (checkpoint / MANIFEST).unlink()
    if scalars.pop("raw", None):
        scalars["counters"]["loss_sum"] = float("nan")  # as Python's JSON writes and reads it
        (checkpoint / SCALARS).write_text(json.dumps(scalars), "utf-8")
    else:
        write_json(checkpoint / SCALARS, scalars)
    write_manifest(checkpoint, header)


def put(name: str, value: float) -> Callable[[dict[str, Tensor], Any], None]:
    return lambda tensors, _: poison(tensors[name], value, 11)


def count_as(name: str, value: Any) -> Callable[[dict[str, Tensor], Any], None]:
    return lambda _, scalars: scalars["counters"].update({name: value})


def halve(tensors: dict[str, Tensor], _: Any) -> None:
    tensors["network.head.weight"] = tensors["network.head.weight"].half()


PARTS = ("network.embedding.weight", "average.head.weight", "best.head.weight", "optimizer.0.exp_avg",
         "optimizer.1.exp_avg_sq")  # fmt: skip
FORGED: dict[str, tuple[Callable[[dict[str, Tensor], Any], None], str]] = {
    **{f"{value} in {name}": (put(name, value), f"{name} holds NaN or infinity") for name in PARTS for value in BAD},
    "a NaN sum": (lambda _, scalars: scalars.update(raw=True), "expected loss_sum to be a finite number, found nan"),
    "a sum in words": (count_as("loss_sum", "much"), "expected loss_sum to be a finite number, found 'much'"),
    "no best loss": (lambda _, scalars: scalars.pop("best_loss"), "expected best_loss to be a finite number"),
    "half floats": (halve, "expected network.head.weight to be .*float32, found .*float16"),
    "no moment": (lambda tensors, _: tensors.pop("optimizer.0.exp_avg"), "optimizer.0.exp_avg is missing"),
    "one more": (lambda tensors, _: tensors.update(x=torch.ones(1)), "x is not expected"),
    "another shape": (lambda tensors, _: tensors.update({PARTS[1]: torch.ones(1)}), "expected average.head.weight"),
    "a negative count": (count_as("position", -1), "expected position to be a count, found -1"),
    "a yes for a count": (count_as("step", True), "expected step to be a count, found True"),
    "a longer history": (count_as("history", [{}, {}, {}]), "expected a history of 1 epochs"),
    "fewer steps": (count_as("step", 3), "its counters contradict each other"),
    "no counters": (lambda _, scalars: scalars.pop("counters"), "expected the counters epoch,"),
}


def test_a_checkpoint_that_no_run_writes_is_refused_whatever_its_digests(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Nothing of it reaches the state; training goes on from the one before it, or from the start, and says so."""
    whole, full = train(IDS, MODEL, CONFIG), scaled(len(FORGED), least=2) == len(FORGED)
    for steps, folder in ((7, "seven"), (4, "four")):
        stop_after(steps, tmp_path / folder)
    for number, (name, (change, reason)) in enumerate(FORGED.items()):
        work = tmp_path / f"{number}"
        shutil.copytree(tmp_path / "seven", work)
        (good,) = list_checkpoints(work)
        forge(good, change)
        read_fingerprint(good)  # whole, as far as digests say
        state = fresh()
        before = {key: value.clone() for key, value in state.network.state_dict().items()}
        with pytest.raises(DamagedFilesError, match=reason):
            restore_state(good, state)
        assert all(torch.equal(before[key], value) for key, value in state.network.state_dict().items()), name
        assert [getattr(state, counter) for counter in COUNTERS] == [getattr(fresh(), c) for c in COUNTERS], name
        if not full and number not in (0, len(PARTS) * len(BAD)):
            continue
        older = number % 2 == 1
        if older:
            shutil.copytree(tmp_path / "four", work, dirs_exist_ok=True)
        shown: list[Progress] = []
        classifier = train(IDS, MODEL, CONFIG, checkpoints=work, on_progress=shown.append)
        assert isinstance(shown[0], TrainingStarted)
        then = "resumes from step 4" if older else "starts over at step 0"
        assert re.search(f"it is damaged: .*{reason}.*; training {then}", shown[0].lost), f"{name}: {shown[0].lost}"
        assert_same(classifier, whole, name)
        assert_sane(work, name)
    record(request, "F9", rounds=len(FORGED), held=len(FORGED), note="checkpoints with right digests, refused")
