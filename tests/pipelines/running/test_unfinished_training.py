"""A training that starts again at step 0 says so on the command line, in JSON and in the record, or is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from running import Call, Ended

from pipelines.running.display import LineDisplay
from pipelines.running.records import read_run
from textrnn.errors import Interrupted
from textrnn.training.events import StepDone

OFTEN = ("--set", "train.checkpoint_seconds=0", "--set", "train.epochs=2")
Interrupt = Any


@pytest.fixture
def stopped(place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkpoint of a training that was interrupted after five steps or so."""
    show, seen = LineDisplay.show, [0]

    def interrupt(self: LineDisplay, progress: Any) -> None:
        seen[0] += isinstance(progress, StepDone)
        if seen[0] > 5:
            raise Interrupted("interrupted")
        show(self, progress)

    with monkeypatch.context() as patch:
        patch.setattr(LineDisplay, "show", interrupt)
        assert textrnn("run", *OFTEN).code == 130
    (checkpoint,) = (place / ".textrnn" / "work").glob("train-*/step-*")
    return checkpoint


def warnings_of(ended: Ended) -> list[str]:
    return [line.removeprefix("warning: ") for line in ended.err.splitlines() if line.startswith("warning: ")]


def test_a_checkpoint_that_is_cut_is_warned_of_and_kept_until_the_result_is_there(
    place: Path, stopped: Path, textrnn: Call
) -> None:
    (stopped / "state.safetensors").write_bytes(b"")
    ended = textrnn("run", *OFTEN, "--quiet", "--json")
    (warning,) = warnings_of(ended)
    assert warning.startswith("train: a checkpoint (step 5, epoch 2, ")
    assert "state.safetensors: expected" in warning
    assert ended.json["warnings"] == [warning]
    assert (read_run(place, "textrnn") or {})["warnings"] == [warning]
    assert not stopped.parent.exists(), "the training that took its place is done"


def test_require_resume_refuses_to_start_over_and_moves_nothing(place: Path, stopped: Path, textrnn: Call) -> None:
    whole = (stopped / "state.json").read_bytes()
    (stopped / "state.json").write_bytes(whole[:-9])
    for _ in range(2):
        ended = textrnn("run", *OFTEN, "--require-resume")
        assert ended.code == 2
        assert "--require-resume: expected to resume the training of the stage train, but a checkpoint" in ended.error
        assert stopped.is_dir()
    (stopped / "state.json").write_bytes(whole)
    ended = textrnn("train", *OFTEN, "--require-resume")
    assert ended.code == 0
    assert "resumed after 5 steps" in ended.err


def test_other_settings_are_told_and_the_old_ones_go_on(place: Path, stopped: Path, textrnn: Call) -> None:
    """Under another key the checkpoint stands elsewhere: that training starts over must be said all the same."""
    other = ("--set", "train.checkpoint_seconds=0", "--set", "train.epochs=3")
    ended = textrnn("train", *other, "--require-resume")
    assert (ended.code, "train.epochs was 2, is 3" in ended.error) == (2, True)
    ended = textrnn("train", *other, "--quiet")
    (warning,) = warnings_of(ended)
    assert "an unfinished training with other settings (train.epochs was 2, is 3) is at step 5" in warning
    assert stopped.is_dir()
    assert "resumed after 5 steps" in textrnn("train", *OFTEN, "--require-resume").err
    assert warnings_of(textrnn("train", "--set", "train.epochs=4", "--quiet")) == []


def test_require_resume_without_any_checkpoint_is_refused_and_nothing_to_train_is_fine(
    place: Path, textrnn: Call
) -> None:
    assert textrnn("run", "--require-resume").code == 0
    ended = textrnn("run", "--set", "train.epochs=2", "--require-resume")
    assert ended.code == 2
    assert "found no checkpoint of it" in ended.error
