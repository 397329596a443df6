"""Weights of labels, by class or by example."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.train import ClassWeighting
from textrnn.data.readers.wording import quote, quote_list, suggest_nearest
from textrnn.data.target import Target
from textrnn.errors import ConfigError


@dataclass(frozen=True)
class RowWeights:
    """Weights of the labels of N texts: `per_row`, (N,) for one class per text, else (N, 1); for multi-label targets
    also `present` and `absent` (C,), chosen by `members` (N, C).
    """

    per_row: NDArray[np.float32] | None
    members: NDArray[np.float32] | None = None
    present: NDArray[np.float32] | None = None
    absent: NDArray[np.float32] | None = None

    def take(self, rows: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.float32]:
        """Return the weights of `rows` (B,): (B,), (B, 1) or (B, C) float32."""
        if self.members is None:
            assert self.per_row is not None
            return self.per_row[rows]
        assert self.present is not None
        assert self.absent is not None
        each = np.where(self.members[rows] > 0, self.present, self.absent).astype(np.float32)
        return each if self.per_row is None else each * self.per_row[rows]


def row_weights(
    target: Target, labels: NDArray[Any], class_weight: ClassWeighting, sample: NDArray[np.float64] | None = None
) -> RowWeights | None:
    """Combine `class_weight` and the sample weights `sample` (N,) of N `labels`; None if all weights are equal.

    `labels` are encoded by `encode_labels`, or targets (N, C). Raises ConfigError for an unknown class.
    """
    found = _by_class(target, labels, class_weight)
    if sample is None:
        return found
    own = sample.astype(np.float32) if target.exclusive else sample.astype(np.float32)[:, None]
    if found is None or found.members is not None:
        return RowWeights(own) if found is None else replace(found, per_row=own)
    return RowWeights((found.take() * own).astype(np.float32))


def require_classes(target: Target, class_weight: ClassWeighting) -> None:
    """Raise ConfigError if `class_weight` has a class that `target` does not have."""
    if isinstance(class_weight, str):
        return
    for name in class_weight:
        if name not in target.names:
            raise ConfigError(
                f"train.class_weight: expected classes of the training texts ({quote_list(target.names)}), "
                f"found {quote(name)}{suggest_nearest(name, target.names)}"
            )


def balanced_weights(labels: NDArray[Any], *, exclusive: bool = True) -> RowWeights:
    """Return weights with mean 1 that give every class of N `labels` the same total.

    `labels` are class numbers (N,), or targets (N, C) whose rows sum to 1 or (no label) 0; if not `exclusive`, 0 or 1
    for each class (N, C), and presence and absence of a class get the same total. A class without a text has weight 0.
    Source: King & Zeng 2001, "Logistic regression in rare events data".
    """
    if labels.ndim == 1:
        counts = np.bincount(labels)
        return RowWeights(_inverse(counts)[labels].astype(np.float32))
    counts = labels.sum(axis=0, dtype=np.float64)
    if exclusive:
        return RowWeights(_of_targets(labels, _inverse(counts)))
    present, absent = len(labels) / 2 / np.maximum(counts, 1), len(labels) / 2 / np.maximum(len(labels) - counts, 1)
    return RowWeights(None, labels, present.astype(np.float32), absent.astype(np.float32))


def _by_class(target: Target, labels: NDArray[Any], class_weight: ClassWeighting) -> RowWeights | None:
    if class_weight == "none":
        return None
    if isinstance(class_weight, str):
        return balanced_weights(labels, exclusive=target.exclusive)
    require_classes(target, class_weight)
    weights = np.array([class_weight.get(name, 1.0) for name in target.names])
    if not target.exclusive:  # the weight of an absent class stays 1
        return RowWeights(None, labels, weights.astype(np.float32), np.ones(len(weights), np.float32))
    per_row = weights[labels] if labels.ndim == 1 else _of_targets(labels, weights)
    return RowWeights((per_row / per_row.mean()).astype(np.float32))  # 1 on average


def _of_targets(labels: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the weights (N,) of targets (N, C) under class `weights`; 1 for a row without a label."""
    found = labels @ weights / np.maximum(labels.sum(axis=1), 1e-9)
    return np.where(labels.any(axis=1), found, 1).astype(np.float32)


def _inverse(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return N / (number of non-empty classes * count), 0 where the count is 0."""
    there = counts > 0
    weights: NDArray[np.float64] = there * counts.sum() / (max(int(there.sum()), 1) * np.maximum(counts, 1e-9))
    return weights
