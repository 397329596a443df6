"""The events of a training run, as it yields them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrainingStarted:
    """Training begins, or goes on: steps already done, steps an epoch, epochs, where it computes.

    `threads` are those of each process, `padding` is the share of the first epoch's cells that hold no token,
    `texts`, `tokens` (as they are cut) and `classes` are what `auto` settings were chosen by; `word_dropout` and
    `adversarial` are two.
    `epochs` are the most: training ends after `patience` epochs without a better validation score, not before
    `min_epochs`; a patience of 0 never ends it.
    `task` says what is learned where that is no class and no number. `lost` is a warning: which checkpoint could not be
    used, why, what it held, and where it is kept; "" where none was lost.
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
    lost: str = ""
    patience: int = 0
    min_epochs: int = 0

    @property
    def may_end_early(self) -> bool:
        """Whether it may end before the last epoch."""
        return self.patience > 0 and max(self.min_epochs, 1 + self.patience) < self.epochs


@dataclass(frozen=True)
class StepDone:
    """One step: its place, the mean loss of the epoch so far, its real tokens, its learning rate."""

    epoch: int
    epochs: int
    position: int
    steps: int
    loss: float
    tokens: int
    learning_rate: float


@dataclass(frozen=True)
class EpochDone:
    """One epoch, scored: its line of the history, and whether it is the best so far."""

    record: dict[str, Any]
    is_best: bool


Progress = TrainingStarted | StepDone | EpochDone
