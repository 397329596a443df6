"""A fitted linear model: logits from counts of n-grams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.data.side import Side, side_matrix


@dataclass(frozen=True)
class Fitted:
    """The logits of counts (N, F) and what stands beside the texts, (N, S), are `weigh(counts)` @ `weights` + `bias`,
    the columns of the latter behind those of the former.

    `weights` (F + S, C) and `bias` (C,) float64, finite but for a bias of -inf, which no text of that class ever
    overcomes; `inverse_penalty` is the C it was fitted with.
    """

    inverse_penalty: float
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    weigh: Callable[[sparse.csr_array], sparse.csr_array]

    def logits(self, counts: sparse.csr_array, side: Side | None = None) -> NDArray[np.float64]:
        """The logits, (N, C) float64, of a number its standardised value; `side` are the cells beside the texts."""
        features = counts.shape[1]
        logits = np.tile(self.bias, (counts.shape[0], 1))
        if features:
            logits = self.weigh(counts) @ self.weights[:features] + self.bias
        if side is not None:
            logits = logits + side_matrix(side) @ self.weights[features:]
        return logits
