"""Probabilities at a temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.metrics.softmax import softmax

TINY = 1e-12  # probabilities are clipped here before their logarithm is divided by the temperature


def soften(probabilities: NDArray[Any], temperature: float) -> NDArray[np.float32]:
    """`probabilities` (N, C) at a `temperature`: p ** (1 / temperature), rows that sum to 1; what is 0 stays 0.

    >>> soften(np.array([[0.8, 0.2], [1.0, 0.0]]), 2.0).round(2).tolist()
    [[0.6700000166893005, 0.33000001311302185], [1.0, 0.0]]
    """
    if temperature == 1:
        return probabilities.astype(np.float32)
    logits = np.log(np.maximum(probabilities, TINY, dtype=np.float64)) / temperature
    return softmax(np.where(probabilities > 0, logits, -np.inf)).astype(np.float32)
