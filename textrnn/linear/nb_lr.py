"""NB-LR on n-grams of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.data.side import Side
from textrnn.data.target import NEVER, Target, unseen_classes
from textrnn.linear.linear_model import Fitted
from textrnn.linear.naive_bayes import beside, fit_against_the_rest, naive_bayes_ratios, put_beside, scale_sets
from textrnn.linear.ridge import fit_ridge, median_ratios


def fit_naive_bayes(
    counts: sparse.csr_array,
    labels: NDArray[Any],
    target: Target,
    inverse_penalties: Sequence[float],
    side: Side | None = None,
) -> Iterator[Fitted]:
    """Fit NB-LR on `counts` (N, F) and tabular features `side` (N); yields one model per inverse penalty, lazily.

    The model is that of `textrnn.linear.naive_bayes`, for numbers that of `textrnn.linear.ridge`; `labels` (N) are
    encoded by `encode_labels`. A class without training examples has probability 0.
    """
    if target.kind == "number":
        yield from _fit_numbers(counts, labels, target, inverse_penalties, side)
        return
    sets, ratios = put_beside(scale_sets(counts), naive_bayes_ratios(counts, labels, target.outputs), side)
    for inverse_penalty in inverse_penalties:
        weights, bias = fit_against_the_rest(sets, ratios, labels, inverse_penalty)
        bias[unseen_classes(target, labels)] = NEVER
        yield Fitted(inverse_penalty, weights, bias, scale_sets)


def _fit_numbers(
    counts: sparse.csr_array,
    labels: NDArray[np.float64],
    target: Target,
    inverse_penalties: Sequence[float],
    side: Side | None,
) -> Iterator[Fitted]:
    ratios = median_ratios(counts, labels)

    def weigh(counts: sparse.csr_array) -> sparse.csr_array:
        return scale_sets(counts) @ sparse.diags_array(ratios, format="csr")

    weighed, values = beside(weigh(counts), side), (labels - target.centre) / target.scale
    for inverse_penalty in inverse_penalties:
        weights, bias = fit_ridge(weighed, values, inverse_penalty)
        yield Fitted(inverse_penalty, weights[:, None], np.array([bias]), weigh)
