"""Labels that two models contradict, sure of the same other class."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.evaluation.measure import Float

MIN_CONFIDENCE = 0.9


def measure_suspicious(labels: NDArray[np.int64], scores: Float, baseline: Float) -> dict[str, Any]:
    """Return how many of N rows have a label that two models contradict: both give the same other class at least 0.9.

    `scores` and `baseline` are probabilities (N, C). Neither model was trained on these rows, so the two agree on a
    wrong class by chance only where the text misleads both.
    """
    first, second = scores.argmax(axis=1), baseline.argmax(axis=1)
    sure = (scores.max(axis=1) >= MIN_CONFIDENCE) & (baseline.max(axis=1) >= MIN_CONFIDENCE)
    return {"rows": int(((first == second) & (first != labels) & sure).sum())}
