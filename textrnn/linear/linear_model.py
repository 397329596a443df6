"""A fitted linear model: logits from counts of n-grams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.data.tabular import TabularFeatures
from textrnn.linear.tabular_matrix import tabular_matrix


@dataclass(frozen=True)
class LinearModel:
    """A linear model: the logits of counts (N, F) and tabular features (N, S) are `weigh(counts)` @ `weights` + `bias`,
    with the tabular columns last.

    `weights` (F + S, C) and `bias` (C,) float64 are finite, except for a bias of -inf of a class without training
    examples; `inverse_penalty` is C.
    """

    inverse_penalty: float
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    weigh: Callable[[sparse.csr_array], sparse.csr_array]

    def logits(self, counts: sparse.csr_array, tabular: TabularFeatures | None = None) -> NDArray[np.float64]:
        """Return the logits (N, C) float64 (of a number its standardised value); `tabular` are tabular features (N)."""
        features = counts.shape[1]
        logits = np.tile(self.bias, (counts.shape[0], 1))
        if features:
            logits = self.weigh(counts) @ self.weights[:features] + self.bias
        if tabular is not None:
            logits = logits + tabular_matrix(tabular) @ self.weights[features:]
        return logits
