"""Unequal classes: what a text of a rare one counts, and how often it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class BalanceWeights:
    """What the labels of N texts count: `of_rows` (N,), or, where a text has any number of classes, `present` and
    `absent` (C,) by whether the text has the class.
    """

    of_rows: NDArray[np.float32] | None
    members: NDArray[np.float32] | None = None
    present: NDArray[np.float32] | None = None
    absent: NDArray[np.float32] | None = None

    def take(self, rows: NDArray[np.int64]) -> Tensor:
        """The weights of `rows` (B,): (B,) or (B, C) float32."""
        if self.of_rows is not None:
            return torch.from_numpy(self.of_rows[rows])
        assert self.members is not None
        assert self.present is not None
        assert self.absent is not None
        return torch.from_numpy(np.where(self.members[rows] > 0, self.present, self.absent).astype(np.float32))


def balance_weights(labels: NDArray[Any], *, exclusive: bool = True) -> BalanceWeights:
    """Weights under which every class of N `labels` counts alike, 1 in the mean.

    `labels` are class numbers (N,), or targets (N, C) whose rows sum to 1 or (no label) 0; not `exclusive`: 0 or 1 for
    each class (N, C), and then a class's presence counts as much as its absence. A class without a text counts nothing.
    Source: King & Zeng 2001, "Logistic regression in rare events data".
    """
    if labels.ndim == 1:
        counts = np.bincount(labels)
        return BalanceWeights(_inverse(counts)[labels].astype(np.float32))
    counts = labels.sum(axis=0, dtype=np.float64)
    if exclusive:
        weights = labels @ _inverse(counts) / np.maximum(labels.sum(axis=1), 1e-9)
        return BalanceWeights(np.where(labels.any(axis=1), weights, 1).astype(np.float32))
    present, absent = len(labels) / 2 / np.maximum(counts, 1), len(labels) / 2 / np.maximum(len(labels) - counts, 1)
    return BalanceWeights(None, labels, present.astype(np.float32), absent.astype(np.float32))


def draw_balanced(labels: NDArray[Any], *, seed: int, epoch: int) -> NDArray[np.int64]:
    """N row numbers, drawn so that every class of the N `labels` comes as often as any other, to one.

    A class's rows come in a new random order each time round, so that none comes twice before all came once. `labels`
    are class numbers (N,) or targets (N, C), of which the rarest class that a row has is its class here.
    """
    codes = labels if labels.ndim == 1 else rarest_class(labels)
    draw = np.random.default_rng([seed, epoch, 0xBA1A])
    found = np.unique(codes)
    drawn = []
    for place, code in enumerate(found.tolist()):
        members = np.flatnonzero(codes == code)
        wanted = len(codes) // len(found) + (place < len(codes) % len(found))
        rounds = -(-wanted // len(members))
        drawn.append(np.concatenate([draw.permutation(members) for _ in range(rounds)])[:wanted])
    return draw.permutation(np.concatenate(drawn)).astype(np.int64)


def rarest_class(members: NDArray[Any]) -> NDArray[np.int64]:
    """The rarest class that each of N texts has, (N,), -1 for none; `members` (N, C), above 0 where it has one."""
    counts = members.sum(axis=0, dtype=np.float64)
    rarest: NDArray[np.int64] = np.where(members > 0, counts, np.inf).argmin(axis=1)
    return np.where(members.any(axis=1), rarest, -1)


def _inverse(counts: NDArray[Any]) -> NDArray[np.float64]:
    """N / (classes that there are * count), 0 where the count is."""
    there = counts > 0
    weights: NDArray[np.float64] = there * counts.sum() / (max(int(there.sum()), 1) * np.maximum(counts, 1e-9))
    return weights
