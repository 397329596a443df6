"""A batch: token ids of texts of different lengths, padded on the right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from textrnn.config.train import Truncation
from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import Target
from textrnn.nn.tabular import TabularBatch, tabular_batch
from textrnn.text.ragged import Ragged


@dataclass(frozen=True)
class Batch:
    """B texts, time first, as the recurrence reads them.

    `ids` (T, B) int64, PAD after each text's end; `lengths` (B,) int64, 0..T; `labels` (B,) int64, or targets (B, C)
    float32, or None. T is at least 1. `target` says what the labels are of (None: exclusive classes that mean nothing
    put together); a number stands there standardised, (B, 1). `weights`, (B,) or (B, C), say how much each counts.
    `tabular` are the tabular features.
    """

    ids: Tensor
    lengths: Tensor
    labels: Tensor | None = None
    weights: Tensor | None = None
    target: Target | None = None
    tabular: TabularBatch | None = None

    def tensors(self) -> list[Tensor]:
        """All that the batch is made of, in an order that the kind of data decides."""
        tabular = () if self.tabular is None else (self.tabular.numbers, self.tabular.codes)
        return [each for each in (self.ids, self.lengths, self.labels, self.weights, *tabular) if each is not None]

    def to(self, device: torch.device) -> Batch:
        """The same batch on `device`."""
        labels = None if self.labels is None else self.labels.to(device)
        weights = None if self.weights is None else self.weights.to(device)
        tabular = None if self.tabular is None else self.tabular.to(device)
        return Batch(self.ids.to(device), self.lengths.to(device), labels, weights, self.target, tabular)


def mask_of(lengths: Tensor, steps: int) -> Tensor:
    """(T, B) bool: True at real tokens, for `lengths` (B,) and T = `steps`.

    >>> mask_of(torch.tensor([2, 0]), 3).int().tolist()
    [[1, 0], [1, 0], [0, 0]]
    """
    return torch.arange(steps, device=lengths.device).unsqueeze(1) < lengths.unsqueeze(0)


def cut_lengths(rows: Ragged, max_tokens: int) -> NDArray[np.int64]:
    """The length of each row once cut to `max_tokens`, (N,) int64."""
    return np.minimum(rows.lengths, max_tokens)


def assemble(
    rows: Ragged,
    indices: NDArray[np.int64],
    *,
    max_tokens: int,
    truncation: Truncation = "head",
    labels: NDArray[Any] | None = None,
    tabular: TabularFeatures | None = None,
    stride: int = 1,
) -> Batch:
    """The batch of the rows `indices` (B,), each cut to `max_tokens`, of a multiple of `stride` steps.

    `truncation` says which end of a longer text stays: its head, its tail, or half of both. `labels` are the class
    numbers (N,) of all rows, or their targets (N, C); `tabular` the tabular features of all of them.
    """
    starts = rows.offsets[indices]
    full = rows.offsets[indices + 1] - starts
    lengths = np.minimum(full, max_tokens)
    steps = steps_of(lengths, stride)
    time = np.arange(steps, dtype=np.int64)[:, None]
    real = time < lengths
    source = starts + time + _skipped(time, full, max_tokens, truncation)
    ids = np.zeros((steps, len(indices)), dtype=np.int64)
    ids[real] = rows.flat[source[real]]
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(lengths.astype(np.int64)),
        None if labels is None else torch.from_numpy(np.ascontiguousarray(labels[indices])),
        tabular=None if tabular is None else tabular_batch(tabular.take(indices)),
    )


def steps_of(lengths: NDArray[np.int64], stride: int = 1) -> int:
    """The steps of a batch of texts of these `lengths` (B,): as many as the longest has, 1 at least, and then as many
    more as make them a multiple of `stride`.

    >>> steps_of(np.array([3, 17])), steps_of(np.array([3, 17]), 16), steps_of(np.array([0]), 16)
    (17, 32, 16)
    """
    longest = max(int(lengths.max(initial=0)), 1)
    return -(-longest // stride) * stride


def _skipped(
    time: NDArray[np.int64], full: NDArray[np.int64], max_tokens: int, truncation: Truncation
) -> NDArray[np.int64]:
    """How many tokens of each text (B,) are passed over before step `time` (T, 1): (T, B)."""
    excess = np.maximum(full - max_tokens, 0)
    match truncation:
        case "head":
            return np.zeros_like(time + excess)
        case "tail":
            return np.zeros_like(time) + excess
        case "both":
            return np.where(time < (max_tokens + 1) // 2, 0, excess)
