"""Calibration of probabilities: reliability diagram, expected calibration error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
BINS = 15


@dataclass(frozen=True)
class Reliability:
    """Predictions in K bins of equal width by their confidence, the highest probability of a row.

    `edges` (K + 1,) float64 from 0 to 1; bin i holds confidences above `edges[i]` and up to `edges[i + 1]`.
    `counts` and `hits` (K,) int64 count predictions and correct ones; `confidence` (K,) float64 is the mean (0: empty).
    """

    edges: Float
    counts: NDArray[np.int64]
    hits: NDArray[np.int64]
    confidence: Float

    @property
    def accuracy(self) -> Float:
        """The accuracy in each bin, (K,) float64, 0 in an empty one."""
        return self.hits / np.maximum(self.counts, 1)

    @property
    def expected_error(self) -> float:
        """The expected calibration error: the mean over predictions of their bin's |accuracy - confidence|.

        Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3.
        """
        return float(self.counts @ np.abs(self.accuracy - self.confidence) / self.counts.sum())


def calibration_scorer(
    labels: NDArray[np.int64], probabilities: NDArray[np.floating], bins: int = BINS
) -> Callable[[Float], dict[str, float]]:
    """Return a function from sample weights (N,) to the expected `calibration_error`.

    Resampling adds noise to each bin, and the error of a bin is never negative, so a bootstrap interval is biased
    upwards.
    """
    confidence, right, _, place = _bin(labels, probabilities, bins)
    excess = right - confidence

    def score(weights: Float) -> dict[str, float]:
        # |hits - sum of confidence| of each bin: its weight times |accuracy - confidence|
        by_bin = np.bincount(place, weights * excess, minlength=bins)
        return {"calibration_error": float(np.abs(by_bin).sum() / weights.sum())}

    return score


def reliability(labels: NDArray[np.int64], probabilities: NDArray[np.floating], bins: int = BINS) -> Reliability:
    """Bin the predictions for `labels` (N,) from `probabilities` (N, C) by confidence."""
    confidence, right, edges, place = _bin(labels, probabilities, bins)
    counts = np.bincount(place, minlength=bins).astype(np.int64)
    hits = np.bincount(place[right], minlength=bins).astype(np.int64)
    mean = np.bincount(place, confidence, minlength=bins) / np.maximum(counts, 1)
    return Reliability(edges, counts, hits, mean)


def _bin(
    labels: NDArray[np.int64], probabilities: NDArray[np.floating], bins: int
) -> tuple[Float, NDArray[np.bool_], Float, NDArray[np.intp]]:
    """Return the confidence of each prediction, whether it is correct, the bin edges, and its bin."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    return confidence, probabilities.argmax(axis=1) == labels, edges, place
