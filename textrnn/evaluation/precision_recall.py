"""Precision by recall, with the point at which predictions are made."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.evaluation.measure import Float

MAX_POINTS = 60  # of a curve
POOLED_NAME = "all classes together"


def measure_precision_recall(
    labels: NDArray[Any], scores: Float, predictions: NDArray[Any], target: Target
) -> list[dict[str, Any]]:
    """Return the curves: of each of two classes, else one of all classes together (each pair of a row and a class is a
    case); [] for numbers.

    `points` are at most 60 pairs [recall, precision] with falling thresholds; `chosen` is the pair of the `predictions`
    (N), None where nothing is predicted or nothing is true.
    """
    if target.kind == "number":
        return []
    classes = np.arange(scores.shape[1])
    truth = labels > 0 if target.kind == "multi" else labels[:, None] == classes
    found = predictions if target.kind == "multi" else predictions[:, None] == classes
    if target.exclusive and scores.shape[1] == 2:
        parts = [(name, truth[:, i], scores[:, i], found[:, i]) for i, name in enumerate(target.names)]
    else:
        parts = [(POOLED_NAME, truth.ravel(), scores.ravel(), found.ravel())]
    return [
        {"name": name, "points": _curve(true, ranked), "chosen": _point(true, given)}
        for name, true, ranked, given in parts
        if true.any()
    ]


def _curve(truth: NDArray[np.bool_], scores: Float) -> list[list[float]]:
    """Pairs [recall, precision] at evenly spaced recalls; equal scores share one threshold."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    recall, precision = hits[last] / hits[-1], hits[last] / (last + 1)
    places = np.unique(np.searchsorted(recall, np.linspace(recall[0], 1, MAX_POINTS)).clip(0, len(recall) - 1))
    return [[float(recall[i]), float(precision[i])] for i in places]


def _point(truth: NDArray[np.bool_], given: NDArray[np.bool_]) -> list[float] | None:
    hits = int((truth & given).sum())
    return [hits / int(truth.sum()), hits / int(given.sum())] if given.any() else None
