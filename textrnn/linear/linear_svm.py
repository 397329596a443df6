"""Linear support vector machines, whose margins one scale makes logits."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.svm import LinearSVC

from textrnn.data.target import Target, unseen_classes
from textrnn.linear.fit_scale import fit_scale
from textrnn.machine.process_settings import ignore_warnings
from textrnn.text.character_ngrams import narrow

Float = NDArray[np.float64]
_ROUNDS = 1000
_LOWEST_SCALE = 0.01  # of margins that tell nothing
USUAL_SCALE = 6.0  # on other texts 2.7 to 10 is best (docs/log.md)
_liblinear = threading.Lock()  # its random numbers are those of the process


def fit_linear_svm(
    features: sparse.csr_array,
    labels: NDArray[Any],
    target: Target,
    inverse_penalty: float,
    weights: NDArray[np.floating] | None = None,
) -> tuple[Float, Float]:
    """Fit coefficients (F, C) and bias (C,) of the margins of each class against the rest on `features` (N, F).

    They minimise |w|^2 / 2 + b^2 / 2 + C * (sum of max(0, 1 - y * margin)^2), y being 1 or -1: liblinear's coordinate
    descent on the dual (Hsieh et al. 2008), seeded. Of two classes each margin is half of the one. Those of a class
    that no text or every text has are 0. `labels` are class numbers (N,), or 0 or 1 for each class (N, C); `weights`
    are sample weights, (N,) or (N, 1), or (N, C) for each class.
    """
    found, bias = np.zeros((features.shape[1], target.outputs)), np.zeros(target.outputs)
    learned = np.flatnonzero(~is_constant_class(labels, target))
    if not features.shape[1] or (labels.ndim == 1 and len(learned) < 2):
        return found, bias
    features = narrow(features)
    weights = None if weights is None else weights.reshape(len(weights), -1)
    alike = weights is None or weights.shape[1] == 1
    if labels.ndim == 1 and len(learned) > 2 and alike:
        each = None if weights is None else weights[:, 0]
        coefficients, bias[learned] = _fit(features, labels, inverse_penalty, each)
        found[:, learned] = coefficients.T
        return found, bias
    pair = labels.ndim == 1 and len(learned) == 2
    for c in learned[1:] if pair else learned:
        true = labels[:, c] > 0 if labels.ndim == 2 else labels == c
        each = None if weights is None else weights[:, 0 if alike else c]
        coefficients, intercepts = _fit(features, true, inverse_penalty, each)
        found[:, c], bias[c] = coefficients[0], intercepts[0]
    if pair:
        first, second = learned
        found[:, second], bias[second] = found[:, second] / 2, bias[second] / 2
        found[:, first], bias[first] = -found[:, second], -bias[second]
    return found, bias


def _fit(
    features: sparse.csr_array,
    labels: NDArray[Any],
    inverse_penalty: float,
    weights: NDArray[np.floating] | None,
) -> tuple[Float, Float]:
    """Return coefficients (C, F) and intercepts (C,); of two classes one row, that of the second."""
    model = LinearSVC(C=inverse_penalty, dual=True, max_iter=_ROUNDS, random_state=0)
    with _liblinear, ignore_warnings(Warning, "sklearn"):  # a huge C may not converge; validation decides
        model.fit(features, labels, None if weights is None else np.asarray(weights, np.float64))
    return model.coef_, model.intercept_


def calibrate_margins(
    margins: Float,
    labels: NDArray[Any],
    train: NDArray[Any],
    target: Target,
    weights: Float | None = None,
    *,
    usual: float | None = None,
) -> tuple[float, float]:
    """Return the scale and offset of `margins` (N, C) with the lowest log loss for `labels` (N).

    The offset is 0 but for a `multi` target. Classes without a margin (`is_constant_class` of the `train` labels) take
    no part. `weights` (N,) are sample weights; few texts begin at the `usual` scale, if any.
    """
    told = ~is_constant_class(train, target)
    exclusive = labels.ndim == 1
    known = told[labels] if exclusive else np.ones(len(labels), bool)
    true = labels[known][:, None] == np.flatnonzero(told) if exclusive else labels[:, told] > 0
    if not true.size:
        return 1.0, 0.0
    return fit_scale(
        margins[known][:, told],
        true,
        np.zeros(true.shape[1]),
        exclusive=exclusive,
        lowest=_LOWEST_SCALE,
        smoothing=1 / (len(true) + 2),
        weights=None if weights is None else weights[known],
        usual=usual,
    )


def is_constant_class(labels: NDArray[Any], target: Target) -> NDArray[np.bool_]:
    """Return which classes (C,) have no margin: no text, or, of a `multi` target, every text is of them."""
    unseen = unseen_classes(target, labels)
    return unseen | (labels > 0).all(axis=0) if labels.ndim == 2 else unseen


def class_log_odds(labels: NDArray[Any], target: Target) -> Float:
    """Return the log odds (C,) of the classes in `labels` (N), half a text added on both sides."""
    inside = (labels > 0).sum(axis=0) if labels.ndim == 2 else np.bincount(labels, minlength=target.outputs)
    odds: Float = np.log((inside + 0.5) / (len(labels) - inside + 0.5))
    return odds
