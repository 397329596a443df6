"""From logits to scores to predictions, by kind of target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.metrics.losses import sigmoid
from textrnn.metrics.softmax import softmax

MIN_TEXTS_FOR_THRESHOLD = 5  # texts of a class: with fewer, a threshold of its own would be noise
Float = NDArray[np.float64]


def scores_of_logits(target: Target, logits: Float) -> Float:
    """Convert `logits` (N, C) to scores (N, C): probabilities that sum to 1, independent ones (multi), or values in the
    units of the labels (number).
    """
    if target.kind == "number":
        return target.centre + target.scale * logits
    return sigmoid(logits) if target.kind == "multi" else softmax(logits)


def predict_from_scores(
    target: Target, scores: Float, thresholds: Sequence[float] | Float | None = None
) -> NDArray[Any]:
    """Predict from `scores` (N, C): the most probable class (N,) int64, or the median class of an ordinal target;
    the classes that reach their `thresholds` (N, C) bool (multi); values (N,) (number).
    """
    if target.kind == "number":
        values: Float = scores[:, 0]
        return values
    if target.kind == "multi":
        reached: NDArray[np.bool_] = scores >= (0.5 if thresholds is None else np.asarray(thresholds))
        return reached
    return median_class(scores) if target.kind == "ordinal" else scores.argmax(axis=1)


def median_class(probabilities: Float) -> NDArray[np.int64]:
    """Return the median class (N,) of ordinal `probabilities` (N, C): the prediction with the lowest expected distance.

    >>> median_class(np.array([[0.4, 0.3, 0.3], [0.5, 0.0, 0.5]])).tolist()
    [1, 0]
    """
    half = 0.5 - 1e-12  # allow for a rounding error below one half
    reached: NDArray[np.int64] = (probabilities.cumsum(axis=1) >= half).argmax(axis=1)
    return reached


def fit_thresholds(labels: NDArray[Any], probabilities: Float, weights: Float | None = None) -> Float:
    """Return the threshold of each class, (C,), with the best F1 on N texts; `labels` (0 or 1) and `probabilities` are
    (N, C), `weights` (N,) are sample weights.

    A threshold is the midpoint between two probabilities; ties go to the highest. A class with fewer than 5 texts gets
    the threshold that is best for all classes together. Source: Yang 2001, "A study of thresholding strategies".
    """
    true = labels > 0
    each = np.ones(len(true)) if weights is None else weights
    common = _best_cut(true.ravel(), probabilities.ravel(), np.repeat(each, true.shape[1]))
    found = [
        _best_cut(true[:, c], probabilities[:, c], each) if true[:, c].sum() >= MIN_TEXTS_FOR_THRESHOLD else common
        for c in range(true.shape[1])
    ]
    return np.array(found, np.float64).round(6)


def _best_cut(true: NDArray[np.bool_], probabilities: Float, weights: Float) -> float:
    if not true.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    taken, hits = np.cumsum(weights[order]), np.cumsum((weights * true)[order])
    scores = 2 * hits / (taken + (weights * true).sum())
    last = np.append(ranked[1:] < ranked[:-1], True)  # equal probabilities share one threshold
    best = int(np.where(last, scores, -1).argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)
