"""One score and one loss by which models of a kind are chosen on validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind
from textrnn.data.target import Target
from textrnn.metrics.metrics import accuracy, log_loss

Float = NDArray[np.float64]
NAMES: Mapping[TargetKind, tuple[str, str]] = {  # of score and loss
    "single": ("accuracy", "log loss"),
    "ordinal": ("accuracy", "log loss"),
    "path": ("accuracy", "log loss"),
    "multi": ("average precision", "log loss"),
    "number": ("R2", "squared error"),
}
EPSILON = float(np.finfo(np.float64).eps)


def judge(target: Target, labels: NDArray[Any], said: Float, weights: Float | None = None) -> tuple[float, float]:
    """A score, the higher the better, and a loss, the lower, of what is `said` (N, C) of texts with these `labels`.

    Accuracy and log loss; of `multi` the mean average precision of classes and the mean log loss of each; of `number`
    R2 and the mean squared error. A text counts its `weights` (N,), but for average precision.
    """
    if target.kind == "number":
        error = float(np.average(np.square(said[:, 0] - labels), weights=weights))
        spread = float(np.average(np.square(labels - np.average(labels, weights=weights)), weights=weights))
        return (1 - error / spread if spread else 0.0), error
    if target.kind == "multi":
        there = np.clip(np.where(labels > 0, said, 1 - said), EPSILON, 1)
        losses = -np.log(there)
        mean = losses.mean() if weights is None else np.average(losses.mean(axis=1), weights=weights)
        return mean_average_precision(labels > 0, said), float(mean)
    return accuracy(labels, said.argmax(axis=1), weights), log_loss(labels, said, weights)


def mean_average_precision(true: NDArray[np.bool_], scores: Float) -> float:
    """The mean over classes (that some text has) of average precision; 0 where there is none. `true`, `scores` (N, C).

    Average precision is the mean, over the texts that have the class, of the precision among those ranked as high.
    """
    found = [_average_precision(true[:, c], scores[:, c]) for c in range(true.shape[1]) if true[:, c].any()]
    return float(np.mean(found)) if found else 0.0


def _average_precision(true: NDArray[np.bool_], scores: Float) -> float:
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(true[order])
    last = np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))  # of equal scores
    gained = np.diff(hits[last], prepend=0)
    return float((gained * hits[last] / (last + 1)).sum() / hits[-1])
