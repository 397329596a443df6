"""NB-LR on n-grams of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import UNSEEN_LOGIT, Target, unseen_classes
from textrnn.linear.linear_model import LinearModel
from textrnn.linear.naive_bayes import (
    append_tabular,
    append_tabular_sets,
    fit_one_vs_rest,
    naive_bayes_ratios,
    normalize_binary_rows,
)
from textrnn.linear.ridge import fit_ridge, median_split_log_ratios


def fit_nb_lr(
    counts: sparse.csr_array,
    labels: NDArray[Any],
    target: Target,
    inverse_penalties: Sequence[float],
    tabular: TabularFeatures | None = None,
) -> Iterator[LinearModel]:
    """Fit NB-LR on `counts` (N, F) and tabular features `tabular` (N); yields one model per inverse penalty, lazily.

    The model is that of `textrnn.linear.naive_bayes`, for numbers that of `textrnn.linear.ridge`; `labels` (N) are
    encoded by `encode_labels`. A class without training examples has probability 0.
    """
    if target.kind == "number":
        yield from _fit_numbers(counts, labels, target, inverse_penalties, tabular)
        return
    sets, ratios = append_tabular_sets(
        normalize_binary_rows(counts), naive_bayes_ratios(counts, labels, target.outputs), tabular
    )
    for inverse_penalty in inverse_penalties:
        weights, bias = fit_one_vs_rest(sets, ratios, labels, inverse_penalty)
        bias[unseen_classes(target, labels)] = UNSEEN_LOGIT
        yield LinearModel(inverse_penalty, weights, bias, normalize_binary_rows)


def _fit_numbers(
    counts: sparse.csr_array,
    labels: NDArray[np.float64],
    target: Target,
    inverse_penalties: Sequence[float],
    tabular: TabularFeatures | None,
) -> Iterator[LinearModel]:
    ratios = median_split_log_ratios(counts, labels)

    def weigh(counts: sparse.csr_array) -> sparse.csr_array:
        return normalize_binary_rows(counts) @ sparse.diags_array(ratios, format="csr")

    weighed, values = append_tabular(weigh(counts), tabular), (labels - target.centre) / target.scale
    for inverse_penalty in inverse_penalties:
        weights, bias = fit_ridge(weighed, values, inverse_penalty)
        yield LinearModel(inverse_penalty, weights[:, None], np.array([bias]), weigh)
