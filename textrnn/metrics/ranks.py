"""Rank correlation with weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


def weighted_correlation(x: Float, y: Float, weights: Float) -> float:
    """Return Pearson's correlation of `x` and `y` (N,) with `weights` (N,); NaN if one of them is constant."""
    a, b = x - np.average(x, weights=weights), y - np.average(y, weights=weights)
    spread = float(weights @ a**2) * float(weights @ b**2)
    return float(weights @ (a * b)) / spread**0.5 if spread > 0 else float("nan")


def rank_function(x: Float) -> Callable[[Float], Float]:
    """Return a function from weights (N,), counts of each value, to the ranks of `x` (N,).

    Equal values share the mean of their ranks, so that `weighted_correlation` of ranks is Spearman's (1904).
    """
    numbers = np.unique(x, return_inverse=True)[1]

    def ranks(weights: Float) -> Float:
        total = np.bincount(numbers, weights)
        middle: Float = (np.cumsum(total) - total / 2)[numbers]
        return middle

    return ranks
