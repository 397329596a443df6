"""A checkpoint that cannot be used is told of, kept, and gone on with where its own settings come back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny import model_config, random_ids, train_config

from textrnn.config.train import TrainConfig
from textrnn.storage.files import read_json
from textrnn.training import resume
from textrnn.training.checkpoint import DAMAGED, list_checkpoints
from textrnn.training.events import Progress, StepDone, TrainingStarted
from textrnn.training.resume import PROGRESS, ResumeResult, TrainingStopped, drive
from textrnn.training.schedule import make_schedule
from textrnn.training.train import train
from textrnn.training.train_rank import new_state

IDS = random_ids(40, 8)
MODEL = model_config()
CONFIG = train_config(checkpoint_seconds=0.0)  # 3 steps an epoch
OTHER_CATEGORY = train_config(checkpoint_seconds=0.0, learning_rate=1e-4)


def stop_after(steps: int, folder: Path, config: TrainConfig = CONFIG) -> TrainingStarted:
    """Train for `steps` steps; returns how that began."""
    told: list[Progress] = []

    def done() -> bool:
        return sum(isinstance(progress, StepDone) for progress in told) >= steps

    with pytest.raises(TrainingStopped):
        train(IDS, MODEL, config, checkpoints=folder, on_progress=told.append, stop_requested=done)
    assert isinstance(told[0], TrainingStarted)
    return told[0]


def cut(checkpoint: Path) -> None:
    for path in checkpoint.iterdir():
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(checkpoint: Path) -> None:
    for path in checkpoint.iterdir():
        path.write_bytes(b"")


def remove_files(checkpoint: Path) -> None:
    for path in checkpoint.iterdir():
        path.unlink()


def become_a_file(checkpoint: Path) -> None:
    shutil.rmtree(checkpoint)
    checkpoint.write_bytes(b"")


def rename_step(checkpoint: Path) -> None:
    checkpoint.rename(checkpoint.with_name("step-000000009-0002"))


@pytest.mark.parametrize("damage", [cut, empty, remove_files, become_a_file, rename_step])
def test_a_damaged_checkpoint_is_told_of_and_kept(damage: Callable[[Path], None], tmp_path: Path) -> None:
    stop_after(2, tmp_path)
    (checkpoint,) = list_checkpoints(tmp_path)
    damage(checkpoint)
    (checkpoint,) = list_checkpoints(tmp_path)
    step, epoch = (9, 3) if damage is rename_step else (2, 1)
    for steps in (1, 2):  # told once: from then on another stands there
        told = stop_after(steps, tmp_path)
        if steps == 1:
            assert f"a checkpoint (step {step}, epoch {epoch}, " in told.lost
            assert "seconds of training) cannot be used: it is damaged: " in told.lost
            assert told.lost.endswith(
                f"starts over at step 0; the checkpoint is kept as {tmp_path}/{DAMAGED}-{checkpoint.name}"
            )
            assert told.steps_done == 0
        else:
            assert (told.lost, told.steps_done) == ("", 1)
    kept = tmp_path / f"{DAMAGED}-{checkpoint.name}"
    assert kept.exists(), "no later checkpoint removes it"


def test_one_of_other_settings_is_kept_and_gone_on_with_when_they_come_back(tmp_path: Path) -> None:
    stop_after(4, tmp_path)
    told = stop_after(2, tmp_path, OTHER_CATEGORY)
    assert "learning_rate was 0.003, is 0.0001; training starts over at step 0" in told.lost
    assert told.lost.endswith("a run with its settings resumes it")
    assert stop_after(1, tmp_path, OTHER_CATEGORY).steps_done == 2
    back = stop_after(1, tmp_path)
    assert (back.steps_done, back.lost, back.note) == (4, "", "resumed after 4 steps")
    assert stop_after(1, tmp_path, OTHER_CATEGORY).steps_done == 3, "and the others are kept likewise"
    assert stop_after(1, tmp_path).steps_done == 5
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2, "one of each, none is left behind"


def test_nothing_is_moved_before_the_person_was_told(tmp_path: Path) -> None:
    stop_after(4, tmp_path)
    before = sorted(tmp_path.iterdir())

    def refuse(progress: Progress) -> None:
        assert isinstance(progress, TrainingStarted)
        raise InterruptedError

    for _ in range(2):
        with pytest.raises(InterruptedError):
            train(IDS, MODEL, OTHER_CATEGORY, checkpoints=tmp_path, on_progress=refuse)
        assert sorted(tmp_path.iterdir()) == before
    assert stop_after(1, tmp_path).steps_done == 4


def test_a_damaged_one_before_one_that_serves_costs_the_steps_between(tmp_path: Path) -> None:
    stop_after(2, tmp_path / "two")
    stop_after(4, tmp_path / "four")
    shutil.copytree(tmp_path / "two", tmp_path / "four", dirs_exist_ok=True)
    cut(list_checkpoints(tmp_path / "four")[0])
    told = stop_after(1, tmp_path / "four")
    assert told.steps_done == 2
    assert "a checkpoint (step 4, epoch 2, " in told.lost
    assert "training resumes from step 2; the checkpoint is kept as" in told.lost


@pytest.mark.parametrize(("before", "kept"), [(7.5, 7.5), (None, 0.0)])
def test_seconds_of_training_are_counted_on(
    before: float | None, kept: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resume, "time", SimpleNamespace(monotonic=lambda: 100.0))  # no time goes by
    schedule = make_schedule(CONFIG, 40)
    state = new_state(MODEL, schedule, IDS.vocabulary_size, 2)
    done = StepDone(1, 2, 1, 3, 0.5, 9, 0.1)
    drive(
        state, [done], {}, checkpoints=tmp_path, found=ResumeResult(seconds=before), every=0.0,
        stopping=lambda: False, on_progress=lambda _: None,
    )  # fmt: skip
    assert read_json(tmp_path / PROGRESS) == {"seconds": kept, "step": 0}
