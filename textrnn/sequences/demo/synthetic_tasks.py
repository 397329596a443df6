"""Two tasks that are nothing but memory, drawn afresh for every step of training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from textrnn.nn.noise import BatchPart
from textrnn.sequences.network import Values, values_of
from textrnn.training.world import SINGLE_PROCESS

Task = Literal["adding", "recall"]
SYMBOLS = 8
TOLERANCE = 0.04  # a prediction for the adding problem this near is correct (Hochreiter & Schmidhuber 1997)
FEATURES: dict[Task, int] = {"adding": 2, "recall": SYMBOLS + 1}
OUTPUTS: dict[Task, int] = {"adding": 1, "recall": SYMBOLS}
BASELINES: dict[Task, float] = {"adding": 1 / 6, "recall": float(np.log(SYMBOLS))}  # the loss of saying 1; of guessing
# the accuracy of those: the sum of two uniform numbers is within d of 1 with the probability 2 d - d * d
CHANCE: dict[Task, float] = {"adding": 2 * TOLERANCE - TOLERANCE**2, "recall": 1 / SYMBOLS}


def draw(task: Task, length: int, rows: int, seed: list[int]) -> Values:
    """`rows` sequences of `length` steps, a function of `seed`.

    adding (Hochreiter & Schmidhuber 1997, experiment 4): each step shows a number of 0..1 and a mark; two steps are
    marked, one in each half; wanted is the sum of the two numbers. Saying 1 always has a squared error of 1/6.
    recall: the first step shows one of 8 symbols under a mark, every other step one by chance without it; wanted is
    the first.
    """
    chance = np.random.default_rng(seed)
    x = np.zeros((rows, length, FEATURES[task]), dtype=np.float32)
    every = np.arange(rows)
    if task == "adding":
        x[..., 0] = chance.random((rows, length))
        half = length // 2
        marked = np.stack([chance.integers(0, half, rows), chance.integers(half, length, rows)])
        x[every, marked, 1] = 1
        sums: NDArray[np.float32] = x[every, marked, 0].sum(axis=0)[:, None]
        return values_of(x, sums)
    symbols = chance.integers(0, SYMBOLS, (rows, length))
    x[every[:, None], np.arange(length), symbols] = 1
    x[:, 0, SYMBOLS] = 1
    return values_of(x, symbols[:, 0])


@dataclass(frozen=True)
class GeneratedBatches:
    """A feed that never ends: `steps` batches an epoch, each of `rows` sequences that no other batch has."""

    task: Task
    length: int
    rows: int
    steps: int
    seed: int

    def plan(self, epoch: int) -> list[NDArray[np.int64]]:
        """The numbers of the sequences of each batch, counted through all epochs."""
        first = epoch * self.steps * self.rows
        return [
            np.arange(start, start + self.rows) for start in range(first, first + self.steps * self.rows, self.rows)
        ]

    def batch(self, indices: NDArray[np.int64]) -> Values:
        """The sequences of these numbers."""
        return draw(self.task, self.length, len(indices), [self.seed, 1, int(indices[0])])

    def part(self, indices: NDArray[np.int64]) -> BatchPart:
        """All of them: one process trains alone."""
        return SINGLE_PROCESS.part_of(np.full(len(indices), self.length, dtype=np.int64))

    def tokens(self, indices: NDArray[np.int64]) -> int:
        """The steps read."""
        return len(indices) * self.length


def loss_of(task: Task, predicted: Tensor, targets: Tensor) -> Tensor:
    """The mean loss of what was `predicted` (B, O): squared error, or cross-entropy."""
    return (predicted - targets).square().mean() if task == "adding" else functional.cross_entropy(predicted, targets)


def accuracy_of(task: Task, predicted: Tensor, targets: Tensor) -> float:
    """Return the accuracy: within 0.04 of the sum, or the symbol."""
    right = (predicted - targets).abs() < TOLERANCE if task == "adding" else predicted.argmax(dim=1) == targets
    return float(right.to(torch.float64).mean())
