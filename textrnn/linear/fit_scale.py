"""The scale that makes scores of classes logits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

INITIAL_SCALE = 20.0  # the default scale
SPREAD = 0.5  # standard deviation of the logarithm of scales, from data set to data set


def fit_scale(
    scores: NDArray[np.float64],
    true: NDArray[np.bool_],
    bias: NDArray[np.float64],
    *,
    exclusive: bool,
    lowest: float = 1.0,
    smoothing: float = 0.0,
    weights: NDArray[np.float64] | None = None,
    usual: float | None = None,
) -> tuple[float, float]:
    """Return the scale and offset of scores (n, C) with the lowest log loss; the offset is 0 for exclusive classes.

    Logits are scale * `scores` + `bias` (C,) + offset; `true` (n, C) are the classes of each text. The scale is
    `lowest` or more. A share `smoothing` of each text is taken from its classes and given to all alike, so that texts
    that are all right do not call for an endless scale (Platt 1999). `weights` (n,) are sample weights. Few
    texts stay near the `usual` scale, if there is one: one e^0.5 times as large, or as small, costs half a nat in all.
    """

    def loss(given: NDArray[np.float64]) -> float:
        logits = np.exp(given[0]) * scores + bias + given[1]
        if exclusive:
            highest = logits.max(axis=1, keepdims=True)
            totals = highest[:, 0] + np.log(np.exp(logits - highest).sum(axis=1))
            losses = totals - (1 - smoothing) * logits[true] - smoothing * logits.mean(axis=1)
        else:
            losses = (np.logaddexp(0.0, logits) - logits * wanted).sum(axis=1)
        mean = float(losses.mean() if weights is None else np.average(losses, weights=weights))
        return mean if usual is None else mean + ((given[0] - np.log(usual)) / SPREAD) ** 2 / (2 * len(scores))

    wanted = (1 - smoothing) * true + smoothing / 2
    shift = 0.0 if exclusive else 20.0
    bounds = [(np.log(lowest), 7.0), (-shift, shift)]
    found = minimize(loss, np.array([np.log(INITIAL_SCALE), 0.0]), method="L-BFGS-B", bounds=bounds).x
    return float(np.exp(found[0])), float(found[1])
