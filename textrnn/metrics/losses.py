"""Losses of logits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def binary_cross_entropy(logits: NDArray[np.floating], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return the binary cross-entropy of each class, in nats, (N, C); `logits` and `labels` (0 or 1) are (N, C).

    >>> binary_cross_entropy(np.array([[0.0, 100.0]]), np.array([[1, 1]])).round(3).tolist()
    [[0.693, 0.0]]
    """
    x = np.asarray(logits, np.float64)
    losses: NDArray[np.float64] = np.maximum(x, 0) - x * labels + np.log1p(np.exp(-np.abs(x)))
    return losses


def sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the sigmoid of `logits`, of the same shape, in float64.

    >>> sigmoid(np.array([0.0, -800.0, 800.0])).tolist()
    [0.5, 0.0, 1.0]
    """
    small = np.exp(-np.abs(np.asarray(logits, np.float64)))
    probabilities: NDArray[np.float64] = np.where(np.asarray(logits) >= 0, 1, small) / (1 + small)
    return probabilities
