"""Linear support vector machines on TF-IDF."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.svm import LinearSVC

from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import UNSEEN_LOGIT, Target, unseen_classes
from textrnn.linear.fit_scale import fit_scale
from textrnn.linear.linear_model import LinearModel
from textrnn.linear.naive_bayes import append_tabular
from textrnn.machine.process_settings import ignore_warnings
from textrnn.text.character_ngrams import narrow

Float = NDArray[np.float64]
_ROUNDS = 1000
_LOWEST_SCALE = 0.01  # of margins that tell nothing
_FOLD = 5  # without validation texts every fifth training text calibrates
_liblinear = threading.Lock()  # its random numbers are those of the process


class HeldOut(NamedTuple):
    """Texts (N) that a model is calibrated on: their counts (N, F), labels and tabular features."""

    counts: sparse.csr_array
    labels: NDArray[Any]
    tabular: TabularFeatures | None


def fit_svm(
    counts: sparse.csr_array,
    labels: NDArray[Any],
    target: Target,
    inverse_penalties: Sequence[float],
    tabular: TabularFeatures | None = None,
    *,
    widths: Sequence[int] = (),
    held_out: HeldOut | None = None,
) -> Iterator[LinearModel]:
    """Fit linear SVMs on `counts` (N, F) and tabular features `tabular` (N); yields one per inverse penalty, lazily.

    One class against the rest, squared hinge loss, L2 penalty. Features are (1 + log(count)) * idf in rows of length 1;
    with `widths`, which sum to F, each block of so many columns has an equal part of that length. Logits are the
    margins times one scale, that with the lowest log loss on the texts that are `held_out` (Platt 1999 with one number
    for all classes: the prediction stays), of a `multi` target with one offset. Without such texts the scale is that of
    every fifth training text, for a model of the others. A class without training examples has probability 0.
    """
    weigh = _Weighing(counts, widths or (counts.shape[1],))
    features = append_tabular(weigh(counts), tabular)
    fifth = np.arange(len(labels)) % _FOLD == 0
    for inverse_penalty in inverse_penalties:
        weights, bias = fit_margins(features, labels, target, inverse_penalty)
        if held_out is None:
            apart = fit_margins(features[~fifth], labels[~fifth], target, inverse_penalty)
            scale, offset = _calibrate(features[fifth] @ apart[0] + apart[1], labels[fifth], labels[~fifth], target)
        else:
            read = append_tabular(weigh(held_out.counts), held_out.tabular)
            scale, offset = _calibrate(read @ weights + bias, held_out.labels, labels, target)
        bias = np.where(_decided(labels, target), _log_odds(labels, target), scale * bias + offset)
        yield LinearModel(inverse_penalty, scale * weights, bias, weigh)


def fit_margins(
    features: sparse.csr_array, labels: NDArray[Any], target: Target, inverse_penalty: float
) -> tuple[Float, Float]:
    """Fit weights (F, C) and bias (C,) of the margins of each class against the rest on `features` (N, F).

    They minimise |w|^2 / 2 + b^2 / 2 + C * (sum of max(0, 1 - y * margin)^2), y being 1 or -1: liblinear's coordinate
    descent on the dual (Hsieh et al. 2008), seeded. Of two classes each margin is half of the one. Weights of a class
    that no text or every text has are 0.
    """
    weights, bias = np.zeros((features.shape[1], target.outputs)), np.zeros(target.outputs)
    if not features.shape[1]:
        return weights, bias
    if labels.ndim == 2:
        for c in np.flatnonzero(~_decided(labels, target)):
            _, coefficients, intercepts = _fit(features, labels[:, c] > 0, inverse_penalty)
            weights[:, c], bias[c] = coefficients[0], intercepts[0]
        return weights, bias
    if len(np.unique(labels)) < 2:
        return weights, bias
    classes, coefficients, intercepts = _fit(features, labels, inverse_penalty)
    if len(classes) == 2:
        coefficients, intercepts = np.concatenate([-coefficients, coefficients]) / 2, np.r_[-intercepts, intercepts] / 2
    weights[:, classes], bias[classes] = coefficients.T, intercepts
    return weights, bias


def _fit(features: sparse.csr_array, labels: NDArray[Any], inverse_penalty: float) -> tuple[NDArray[Any], Float, Float]:
    """Return classes (C,), coefficients (C, F) and intercepts (C,); of two classes one row, that of the second."""
    model = LinearSVC(C=inverse_penalty, dual=True, max_iter=_ROUNDS, random_state=0)
    with _liblinear, ignore_warnings(Warning, "sklearn"):  # a huge C may not converge; validation decides
        model.fit(narrow(features), labels)
    return model.classes_, model.coef_, model.intercept_


class _Weighing:
    """TF-IDF of blocks of columns."""

    def __init__(self, counts: sparse.csr_array, widths: Sequence[int]) -> None:
        ends = np.cumsum(widths).tolist()
        self._blocks = [
            (start, stop, TfidfTransformer(sublinear_tf=True).fit(counts[:, start:stop]))
            for start, stop in zip([0, *ends], ends, strict=False)
            if start < stop
        ]

    def __call__(self, counts: sparse.csr_array) -> sparse.csr_array:
        """Weigh counts (N, F), float64 (N, F)."""
        parts = [transformer.transform(counts[:, start:stop]) for start, stop, transformer in self._blocks]
        if not parts:
            return counts
        joined = sparse.csr_array(sparse.hstack(parts, format="csr"))
        joined.data *= len(parts) ** -0.5
        return joined


def _calibrate(margins: Float, labels: NDArray[Any], train: NDArray[Any], target: Target) -> tuple[float, float]:
    """Return the scale and offset of `margins` (N, C) with the lowest log loss for `labels` (N).

    Classes that the `train` labels leave undecided have a margin; texts of others teach nothing.
    """
    told = ~_decided(train, target)
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
    )


def _decided(labels: NDArray[Any], target: Target) -> NDArray[np.bool_]:
    """Return which classes (C,) have no margin: no text, or, of a `multi` target, every text is of them."""
    unseen = unseen_classes(target, labels)
    return unseen | (labels > 0).all(axis=0) if labels.ndim == 2 else unseen


def _log_odds(labels: NDArray[Any], target: Target) -> Float:
    """Return the logit of classes (C,) that are decided: of those without texts that of probability 0."""
    unseen = unseen_classes(target, labels)
    inside = (labels > 0).sum(axis=0) if labels.ndim == 2 else np.bincount(labels, minlength=target.outputs)
    odds: Float = np.log((inside + 0.5) / (len(labels) - inside + 0.5))
    return np.where(unseen, UNSEEN_LOGIT, odds)
