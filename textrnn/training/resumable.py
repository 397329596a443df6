"""A run that can be stopped at any step and gone on with: checkpoints kept and resumed, whatever is trained."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textrnn.errors import DamagedError, TextrnnError, TrainingError
from textrnn.heap import FreedMemory
from textrnn.training.checkpoint import list_checkpoints, read_fingerprint, restore_state, save_checkpoint
from textrnn.training.loop import EpochDone, State, StepDone


class TrainingStopped(TextrnnError):
    """Training was asked to stop; the checkpoint holds every step that was done."""


@dataclass(frozen=True)
class Started:
    """Training begins, or goes on: steps already done, steps an epoch, epochs, where it computes.

    `threads` are those of each process, `padding` is the share of the first epoch's cells that hold no token,
    `texts`, `tokens` (as they are cut) and `classes` are what `auto` settings were chosen by; `word_dropout` and
    `adversarial` are two.
    `task` says what is learned where that is no class and no number.
    """

    steps_done: int
    steps: int
    epochs: int
    device: str
    precision: str
    threads: int
    processes: int = 1
    padding: float = 0.0
    note: str = ""
    texts: int = 0
    tokens: int = 0
    classes: int = 0
    word_dropout: float = 0.0
    adversarial: float = 0.0
    task: str = ""


Progress = Started | StepDone | EpochDone


def follow(
    state: State,
    steps: Iterable[StepDone | EpochDone],
    here: Mapping[str, Any],
    *,
    checkpoints: Path | None,
    every: float,
    stopping: Callable[[], bool],
    on_progress: Callable[[Progress], None],
) -> None:
    """Take the `steps` that change `state`, telling of each, to their end.

    With a folder `checkpoints` one of fingerprint `here` is kept after each epoch and `every` so many seconds, and
    where the run stops or fails. Where `stopping` says yes after a step, TrainingStopped is raised.
    """

    def keep() -> None:
        if checkpoints:
            save_checkpoint(checkpoints, state, here)

    saved, freed = time.monotonic(), FreedMemory()
    try:
        for progress in steps:
            on_progress(progress)
            freed.after_step()
            if isinstance(progress, EpochDone) or time.monotonic() - saved >= every:
                keep()
                saved = time.monotonic()
            raise_if(stopping, state)
    except (TrainingStopped, TrainingError):
        with contextlib.suppress(TrainingError):  # what is not finite is not kept: the checkpoint before it stays
            keep()
        raise


def raise_if(stopping: Callable[[], bool], state: State) -> None:
    """Raise TrainingStopped where `stopping` says yes."""
    if stopping():
        raise TrainingStopped(f"training stopped after {state.step} steps")


def resume(state: State, checkpoints: Path, now: dict[str, Any]) -> str:
    """Restore the newest checkpoint that can be; says in words what was found, "" where there was none."""
    reasons = []
    for found in list_checkpoints(checkpoints):
        try:
            then = read_fingerprint(found)
            if then == now:
                restore_state(found, state)
                return f"resumed after {state.step} steps"
        except DamagedError as error:
            reasons.append(str(error))
            continue
        names = [name for name in now if then.get(name) != now[name]]
        reasons.append(", ".join(f"{name} was {then.get(name)}, is {now[name]}" for name in names))
    return f"the checkpoint is left aside, training starts over ({reasons[0]})" if reasons else ""
