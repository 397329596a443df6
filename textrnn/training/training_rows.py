"""The training split as a feed of batches: which rows a step reads, with their weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from textrnn.config.train import TrainConfig
from textrnn.data.row_weights import RowWeights, balanced_weights, row_weights
from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import Target
from textrnn.nn.batch import Batch, assemble, cut_lengths
from textrnn.nn.batching import plan_batches
from textrnn.nn.noise import BatchPart
from textrnn.text.ragged import Ragged
from textrnn.training.balanced_sampling import sample_balanced
from textrnn.training.world import SINGLE_PROCESS, World

LENGTH_MULTIPLE = 16


@dataclass(frozen=True)
class TrainingRows:
    """N rows of token ids with their `labels` of `target`, as `encode_labels` has them or targets (N, C), the cells
    `tabular` (N) features, and sample `weights` (N,), 1 on average.
    """

    rows: Ragged
    labels: NDArray[Any]
    config: TrainConfig
    world: World = SINGLE_PROCESS
    target: Target | None = None
    tabular: TabularFeatures | None = None
    weights: NDArray[np.float64] | None = None

    @property
    def stride(self) -> int:
        """The steps of a batch are a multiple of it: on a GPU few shapes come again and again, a graph each."""
        return LENGTH_MULTIPLE if self.config.device == "cuda" else 1

    def plan(self, epoch: int) -> list[NDArray[np.int64]]:
        """The row numbers of each batch of `epoch`."""
        lengths, size, seed = cut_lengths(self.rows, self.config.max_tokens), self.config.batch_size, self.config.seed
        if self.config.sampling == "plain":
            return plan_batches(lengths, size, seed=seed, epoch=epoch)
        drawn = sample_balanced(self.labels, seed=seed, epoch=epoch)
        return [drawn[places] for places in plan_batches(lengths[drawn], size, seed=seed, epoch=epoch)]

    def batch(self, indices: NDArray[np.int64]) -> Batch:
        """The labelled batch of this process's part of these rows."""
        mine = indices[self.part(indices).columns]
        cut: dict[str, Any] = {
            "max_tokens": self.config.max_tokens,
            "truncation": self.config.truncation,
            "stride": self.stride,
        }
        batch = assemble(self.rows, mine, **cut, labels=self._descended, tabular=self.tabular)
        weights = None if self._weights is None else torch.from_numpy(self._weights.take(mine))
        return replace(batch, target=self.target, weights=weights)

    def part(self, indices: NDArray[np.int64]) -> BatchPart:
        """Which part of these rows this process reads."""
        return self.world.part_of(self._lengths(indices), self.stride)

    def tokens(self, indices: NDArray[np.int64]) -> int:
        """The tokens that all processes read of these rows."""
        return int(self._lengths(indices).sum())

    def _lengths(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        full: NDArray[np.int64] = self.rows.offsets[indices + 1] - self.rows.offsets[indices]
        return np.minimum(full, self.config.max_tokens)

    @cached_property
    def _descended(self) -> NDArray[Any]:
        return self.labels if self.target is None else standardise(self.target, self.labels)

    @cached_property
    def _weights(self) -> RowWeights | None:
        if self.target is None:
            return None if self.config.class_weight == "none" else balanced_weights(self.labels)
        return row_weights(self.target, self.labels, self.config.class_weight, self.weights)


def standardise(target: Target, labels: NDArray[Any]) -> NDArray[Any]:
    """What a network learns to say: numbers (N,) become (N, 1) float32 of mean 0 and deviation 1, others stay."""
    if target.kind != "number":
        return labels
    scaled: NDArray[np.float32] = ((labels - target.centre) / target.scale).astype(np.float32)[:, None]
    return scaled
