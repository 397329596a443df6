"""Ridge regression on n-grams, for numbers.

As in `naive_bayes` the features of a text are its n-grams divided by the square root of their number, each scaled by
its log ratio between texts above and below the median: the ratios of Wang & Manning (2012) without classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import lsqr

from textrnn.linear.naive_bayes import naive_bayes_ratios
from textrnn.machine.process_settings import one_blas_thread

_ROUNDS, _EXACT = 300, 1e-6


def median_split_log_ratios(
    counts: sparse.csr_array, values: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the naive Bayes log ratios (F,) of texts with `values` (N,) above the median; `weights` (N,) are sample
    weights.
    """
    return naive_bayes_ratios(counts, (values > np.median(values)).astype(np.int64), 2, weights)[:, 1]


def fit_ridge(
    weighed: sparse.csr_array,
    values: NDArray[np.float64],
    inverse_penalty: float,
    weights: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], float]:
    """Fit weights (F,) and bias to `values` (N,) by least squares with the penalty |weights|^2 / `inverse_penalty`.

    LSQR (Paige & Saunders 1982) on centred values: the bias is not penalised if the columns are centred, and
    sparse columns nearly are. `weights` (N,) are sample weights.
    """
    mean = float(np.average(values, weights=weights)) if len(values) else 0.0
    if not weighed.nnz:
        return np.zeros(weighed.shape[1]), mean
    with one_blas_thread():  # sums of several threads differ in their last bits
        damp = inverse_penalty**-0.5
        rows, wanted = weighed, values - mean
        if weights is not None:  # weighted least squares
            root = np.sqrt(weights)
            rows, wanted = sparse.csr_array(weighed.multiply(root[:, None])), wanted * root
        found = lsqr(rows, wanted, damp=damp, atol=_EXACT, btol=_EXACT, iter_lim=_ROUNDS)[0]
    left = float(np.average(values - mean - weighed @ found, weights=weights))
    return found, mean + left
