"""A run that can be stopped at any step, then resumed: checkpoints kept, whatever is trained."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textrnn.errors import DamagedFilesError, TextrnnError, TrainingError
from textrnn.machine.heap import FreedMemory
from textrnn.storage.files import read_json, write_json
from textrnn.training.checkpoint import (
    aside_name,
    list_aside,
    list_checkpoints,
    read_fingerprint,
    read_place,
    restore_state,
    save_checkpoint,
    set_aside,
)
from textrnn.training.events import EpochDone, Progress, StepDone
from textrnn.training.training_state import TrainingState

PROGRESS = "progress.json"  # beside the checkpoints: how long training took so far
DIGESTS = {  # parts of a fingerprint that are digests: nobody can read what they were
    "rows": "the texts changed",
    "vectors": "the word vectors changed",
    "pretrained": "the initial weights changed",
}
CONDITION_NAMES = {
    "steps": "the library of native kernels"
}  # what those parts are called that nobody knows by their names


class TrainingStopped(TextrnnError):
    """Training stopped on request; the checkpoint has every step that was done."""


@dataclass(frozen=True)
class ResumeResult:
    """What was found among the checkpoints: a `note` for the status line, what was `lost` in words, "" for nothing.

    `seconds` of training are already done (None: nobody knows). `aside` are checkpoints, with their fingerprints (None:
    damaged), that must be set aside before the next is kept.
    """

    note: str = ""
    lost: str = ""
    seconds: float | None = 0.0
    aside: tuple[tuple[Path, dict[str, Any] | None], ...] = ()


def drive(
    state: TrainingState,
    steps: Iterable[StepDone | EpochDone],
    here: Mapping[str, Any],
    *,
    checkpoints: Path | None,
    found: ResumeResult,
    every: float,
    stopping: Callable[[], bool],
    on_progress: Callable[[Progress], None],
) -> None:
    """Take the `steps` that change `state`, telling of each, to their end.

    With a folder `checkpoints` one of fingerprint `here` is kept after each epoch and `every` so many seconds, and
    where the run stops or fails; what `found` says cannot be used is set aside first. Where `stopping` says yes after a
    step, TrainingStopped is raised.
    """
    begun = time.monotonic()

    def keep() -> None:
        if checkpoints:
            save_checkpoint(checkpoints, state, here)
            seconds = round((found.seconds or 0.0) + time.monotonic() - begun, 1)
            write_json(checkpoints / PROGRESS, {"seconds": seconds, "step": state.step})

    for checkpoint, fingerprint in found.aside:
        set_aside(checkpoint, fingerprint)
    saved, freed = time.monotonic(), FreedMemory()
    try:
        for progress in steps:
            on_progress(progress)
            freed.after_step()
            if isinstance(progress, EpochDone) or time.monotonic() - saved >= every:
                keep()
                saved = time.monotonic()
            check_stop(stopping, state)
    except (TrainingStopped, TrainingError):
        with contextlib.suppress(TrainingError):  # what is not finite is not kept: the checkpoint before it stays
            keep()
        raise


def check_stop(stopping: Callable[[], bool], state: TrainingState) -> None:
    """Raise TrainingStopped where `stopping` says yes."""
    if stopping():
        raise TrainingStopped(f"training stopped after {state.step} steps")


def resume(state: TrainingState, checkpoints: Path | None, now: Mapping[str, Any]) -> ResumeResult:
    """Restore the newest checkpoint in the folder `checkpoints` that a run of fingerprint `now` can go on from.

    Nothing on disk is changed: `drive` sets aside what cannot be used, after the person was told.
    """
    if not checkpoints:
        return ResumeResult()
    aside: list[tuple[Path, dict[str, Any] | None]] = []
    reasons: list[str] = []
    seconds = _seconds_in(checkpoints)
    for found in (*list_checkpoints(checkpoints), *list_aside(checkpoints, now)):
        try:
            then = read_fingerprint(found)
            if then == now:
                restore_state(found, state)
                told = reasons[0] if reasons and aside[0][1] is None else ""  # those of other settings are not lost
                lost = _tell(aside[0], told, seconds, f"resumes from step {state.step}") if told else ""
                return ResumeResult(f"resumed after {state.step} steps", lost, seconds, tuple(aside))
            aside.append((found, then))
            reasons.append(describe_changes(then, now))
        except DamagedFilesError as error:
            aside.append((found, None))
            reasons.append(f"it is damaged: {error}")
    if not aside:
        return ResumeResult()
    return ResumeResult(
        "training starts over", _tell(aside[0], reasons[0], seconds, "starts over at step 0"), 0.0, tuple(aside)
    )


def describe_changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What differs between two fingerprints, in words: each setting, version and condition by its name."""
    differences = []
    for name in sorted(now, key=lambda name: name != "settings"):  # first what a person chose: the rest may follow
        before, after = then.get(name), now[name]
        if before == after:
            continue
        if name in DIGESTS:
            differences.append(DIGESTS[name])
        elif isinstance(before, dict) and isinstance(after, dict):
            differences += [
                f"{key} was {before.get(key)}, is {after.get(key)}"
                for key in sorted({*before, *after})
                if before.get(key) != after.get(key)
            ]
        else:
            differences.append(f"{CONDITION_NAMES.get(name, name)} was {before}, is {after}")
    return "; ".join(differences) or "it is of another kind of run"


def _tell(found: tuple[Path, dict[str, Any] | None], reason: str, seconds: float | None, then: str) -> str:
    """The warning that a checkpoint cannot be used: what it held, why, what happens `then`, and where it is kept."""
    checkpoint, fingerprint = found
    place = read_place(checkpoint)
    held = f"step {place[0]}, epoch {place[1] + 1}" if place else "of an unknown step"
    held += f", {_duration(seconds)} of training" if seconds is not None else ""
    back = "; a run with its settings resumes it" if fingerprint is not None else ""
    kept = aside_name(checkpoint, fingerprint)
    return f"a checkpoint ({held}) cannot be used: {reason}; training {then}; the checkpoint is kept as {kept}{back}"


def _duration(seconds: float) -> str:
    """Seconds in words.

    >>> _duration(42.4), _duration(600)
    ('42 seconds', '10.0 minutes')
    """
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.1f} minutes"


def _seconds_in(checkpoints: Path) -> float | None:
    """How long training took until the last checkpoint was kept; None where nobody knows."""
    try:
        seconds = read_json(checkpoints / PROGRESS)["seconds"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return float(seconds) if isinstance(seconds, (int, float)) and 0 <= seconds < 1e10 else None
