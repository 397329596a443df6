"""NB-LR on n-grams of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.baseline.fitted import Fitted
from textrnn.linear.naive_bayes import fit_against_the_rest, naive_bayes_ratios, scale_sets


def fit_naive_bayes(
    counts: sparse.csr_array, labels: NDArray[np.int64], classes: int, inverse_penalties: Sequence[float]
) -> Iterator[Fitted]:
    """The model on `counts` (N, F) at each inverse penalty, in order; fitted when it is asked for.

    The model is that of `textrnn.linear.naive_bayes`; `labels` (N,) are class numbers below `classes`.
    """
    sets, ratios = scale_sets(counts), naive_bayes_ratios(counts, labels, classes)
    for inverse_penalty in inverse_penalties:
        weights, bias = fit_against_the_rest(sets, ratios, labels, inverse_penalty)
        yield Fitted(inverse_penalty, weights, bias, scale_sets)
