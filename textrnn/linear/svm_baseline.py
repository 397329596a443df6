"""Linear support vector machines on TF-IDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import UNSEEN_LOGIT, Target, unseen_classes
from textrnn.linear.linear_model import LinearModel
from textrnn.linear.linear_svm import calibrate_margins, class_log_odds, fit_linear_svm, is_constant_class
from textrnn.linear.naive_bayes import append_tabular

_FOLD = 5  # without validation texts every fifth training text calibrates


class CalibrationSet(NamedTuple):
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
    held_out: CalibrationSet | None = None,
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
        weights, bias = fit_linear_svm(features, labels, target, inverse_penalty)
        if held_out is None:
            apart = fit_linear_svm(features[~fifth], labels[~fifth], target, inverse_penalty)
            margins = features[fifth] @ apart[0] + apart[1]
            scale, offset = calibrate_margins(margins, labels[fifth], labels[~fifth], target)
        else:
            read = append_tabular(weigh(held_out.counts), held_out.tabular)
            scale, offset = calibrate_margins(read @ weights + bias, held_out.labels, labels, target)
        bias = np.where(is_constant_class(labels, target), class_log_odds(labels, target), scale * bias + offset)
        bias[unseen_classes(target, labels)] = UNSEEN_LOGIT
        yield LinearModel(inverse_penalty, scale * weights, bias, weigh)


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
