"""From logits to what is said of a text, and from that to an answer, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.metrics.losses import sigmoid
from textrnn.metrics.softmax import softmax

FEW = 5  # texts of a class: below, its own best threshold is luck
Float = NDArray[np.float64]


def say(target: Target, logits: Float) -> Float:
    """What `logits` (N, C) say of N texts, (N, C): probabilities that sum to 1, or each for itself (multi), or values
    in the labels' own units (number).
    """
    if target.kind == "number":
        return target.centre + target.scale * logits
    return sigmoid(logits) if target.kind == "multi" else softmax(logits)


def answer(target: Target, said: Float, thresholds: Sequence[float] | Float | None = None) -> NDArray[Any]:
    """The answers to N texts from what is `said` of them (N, C): the likeliest class number (N,) int64, of an ordinal
    target the middle one; which classes reach their `thresholds` (N, C) bool (multi); values (N,) (number).
    """
    if target.kind == "number":
        values: Float = said[:, 0]
        return values
    if target.kind == "multi":
        reached: NDArray[np.bool_] = said >= (0.5 if thresholds is None else np.asarray(thresholds))
        return reached
    return median_class(said) if target.kind == "ordinal" else said.argmax(axis=1)


def median_class(probabilities: Float) -> NDArray[np.int64]:
    """The first class at which half of the probability is reached, (N,): in the mean the least steps away from the
    truth.

    >>> median_class(np.array([[0.4, 0.3, 0.3], [0.5, 0.0, 0.5]])).tolist()
    [1, 0]
    """
    half = 0.5 - 1e-12  # a sum of halves may fall short by a rounding error
    reached: NDArray[np.int64] = (probabilities.cumsum(axis=1) >= half).argmax(axis=1)
    return reached


def fit_thresholds(labels: NDArray[Any], probabilities: Float, weights: Float | None = None) -> Float:
    """The threshold of each class, (C,), with the best F1 on N texts; `labels`, 0 or 1, and `probabilities` (N, C).

    It lies in the middle between two probabilities; of equals it is the highest. A class that fewer than 5 of the texts
    have gets the threshold that is best for all classes together. A text counts its `weights`
    (N,). Source: Yang 2001, "A study of thresholding
    strategies".
    """
    true = labels > 0
    each = np.ones(len(true)) if weights is None else weights
    common = _best_cut(true.ravel(), probabilities.ravel(), np.repeat(each, true.shape[1]))
    found = [
        _best_cut(true[:, c], probabilities[:, c], each) if true[:, c].sum() >= FEW else common
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
    last = np.append(ranked[1:] < ranked[:-1], True)  # equal probabilities are taken together
    best = int(np.where(last, scores, -1).argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)
