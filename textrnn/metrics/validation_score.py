"""The validation scores that choose a model, by kind of target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind
from textrnn.data.target import Target
from textrnn.metrics.metrics import accuracy, log_loss

Float = NDArray[np.float64]
SCORE_NAMES: Mapping[TargetKind, tuple[str, str]] = {  # of score and loss
    "single": ("accuracy", "log loss"),
    "ordinal": ("accuracy", "log loss"),
    "path": ("accuracy", "log loss"),
    "multi": ("average precision", "log loss"),
    "number": ("R2", "squared error"),
}
EPSILON = float(np.finfo(np.float64).eps)


def validation_score(
    target: Target, labels: NDArray[Any], scores: Float, weights: Float | None = None
) -> tuple[float, float]:
    """Return a score (higher is better) and a loss (lower is better) of the scores `scores` (N, C) for `labels`.

    These are accuracy and log loss; for `multi` mean average precision and the mean log loss of the classes; for
    `number` R2 and mean squared error. Sample `weights` (N,) apply to all but average precision.
    """
    if target.kind == "number":
        error = float(np.average(np.square(scores[:, 0] - labels), weights=weights))
        spread = float(np.average(np.square(labels - np.average(labels, weights=weights)), weights=weights))
        return (1 - error / spread if spread else 0.0), error
    if target.kind == "multi":
        there = np.clip(np.where(labels > 0, scores, 1 - scores), EPSILON, 1)
        losses = -np.log(there)
        mean = losses.mean() if weights is None else np.average(losses.mean(axis=1), weights=weights)
        return mean_average_precision(labels > 0, scores), float(mean)
    return accuracy(labels, scores.argmax(axis=1), weights), log_loss(labels, scores, weights)


def mean_average_precision(true: NDArray[np.bool_], scores: Float) -> float:
    """Return the mean average precision over classes with at least one text, 0 if there are none.

    `true` and `scores` are (N, C). Average precision is the mean, over the texts of a class, of the precision among
    the texts with at least the same score.
    """
    found = [_average_precision(true[:, c], scores[:, c]) for c in range(true.shape[1]) if true[:, c].any()]
    return float(np.mean(found)) if found else 0.0


def _average_precision(true: NDArray[np.bool_], scores: Float) -> float:
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(true[order])
    last = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))  # of equal scores
    gained = np.diff(hits[last], prepend=0)
    return float((gained * hits[last] / (last + 1)).sum() / hits[-1])
