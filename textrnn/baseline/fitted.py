"""A fitted linear model: logits from counts of n-grams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True)
class Fitted:
    """The logits of counts (N, F) are `weigh(counts)` @ `weights` + `bias`.

    `weights` (F, C) and `bias` (C,) float64, finite but for a bias of -inf, which no text of that class ever overcomes;
    `inverse_penalty` is the C it was fitted with.
    """

    inverse_penalty: float
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    weigh: Callable[[sparse.csr_array], sparse.csr_array]

    def logits(self, counts: sparse.csr_array) -> NDArray[np.float64]:
        """The logits, (N, C) float64, of a number its standardised value."""
        if not self.weights.shape[0]:
            return np.tile(self.bias, (counts.shape[0], 1))
        logits: NDArray[np.float64] = self.weigh(counts) @ self.weights + self.bias
        return logits
