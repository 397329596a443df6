"""NB-LR: logistic regression on n-grams scaled by naive Bayes log ratios.

Wang & Manning 2012, "Baselines and bigrams" (with a support vector machine), logistic as in Mesnil et al. 2015. The
features of a text are its n-grams (presence, not counts), scaled by their log ratios and divided by the square root of
their number; one-vs-rest logistic regression.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from textrnn.data.tabular import TabularFeatures
from textrnn.linear.tabular_matrix import tabular_matrix
from textrnn.machine.process_settings import ignore_warnings, one_blas_thread

_ROUNDS = 200
_SECONDS_EACH = 2e-7  # per n-gram of a text and class, measured on one busy core
_LONG = 60.0  # seconds


def naive_bayes_ratios(
    counts: sparse.csr_array, labels: NDArray[Any], classes: int, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the naive Bayes log ratios (F, C) of each n-gram, class against rest, smoothed by 1.

    `labels` are class numbers (N,), or 0 or 1 for each class (N, C). Likelihoods are document frequencies normalised
    to 1 over n-grams (Wang & Manning 2012, eq. 3). `weights` (N,) are sample weights.
    """
    each = np.ones(counts.nnz) if weights is None else np.repeat(weights, np.diff(counts.indptr))
    there = sparse.csr_array((each, counts.indices, counts.indptr), shape=counts.shape)
    if labels.ndim == 2:
        member = sparse.csr_array(labels.T.astype(np.float64))
    else:
        ones = (np.ones(len(labels)), (labels, np.arange(len(labels))))
        member = sparse.csr_array(ones, shape=(classes, len(labels)))
    found = (member @ there).toarray().T
    inside, outside = found + 1.0, there.sum(axis=0)[:, None] - found + 1.0
    ratios: NDArray[np.float64] = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
    return ratios


def normalize_binary_rows(counts: sparse.csr_array) -> sparse.csr_array:
    """Replace each count of a row with k n-grams by 1 / sqrt(k); float64 CSR of the same shape."""
    found = np.diff(counts.indptr)
    return sparse.csr_array(
        (np.repeat(1 / np.sqrt(np.maximum(found, 1)), found), counts.indices, counts.indptr), shape=counts.shape
    )


def append_tabular_sets(
    sets: sparse.csr_array, ratios: NDArray[np.float64], tabular: TabularFeatures | None
) -> tuple[sparse.csr_array, NDArray[np.float64]]:
    """Append the columns of `tabular` (N) to `sets` (N, F), with ratios of 1 appended to `ratios` (F, C)."""
    joined = append_tabular(sets, tabular)
    plain = np.ones((joined.shape[1] - len(ratios), ratios.shape[1]))
    return joined, np.concatenate([ratios, plain])


def append_tabular(weighed: sparse.csr_array, tabular: TabularFeatures | None) -> sparse.csr_array:
    """Append the columns of `tabular` (N) to `weighed` (N, F)."""
    if tabular is None:
        return weighed
    return sparse.csr_array(sparse.hstack([weighed, tabular_matrix(tabular)], format="csr"))


def estimate_duration(counts: sparse.csr_array, classes: int, trials: float) -> str:
    """Estimate the duration of `trials` regressions per class on `counts` (N, F); "" if it is at most a minute.

    >>> estimate_duration(sparse.csr_array(np.ones((1000, 1000))), 400, 3)
    'about 4 min'
    """
    seconds = counts.nnz * classes * trials * _SECONDS_EACH
    return f"about {round(seconds / 60)} min" if seconds > _LONG else ""


def fit_one_vs_rest(
    sets: sparse.csr_array,
    ratios: NDArray[np.float64],
    labels: NDArray[Any],
    inverse_penalty: float,
    weights: NDArray[np.floating] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit one-vs-rest weights (F, C) and bias (C,) float64 on `sets` (N, F) from `normalize_binary_rows`, at one C.

    The weights include the `ratios` (F, C). `labels` are class numbers (N,), or 0 or 1 for each class (N, C). `weights`
    are sample weights, (N,) or (N, 1), or (N, C) for each class.
    """
    features, classes = ratios.shape
    found, bias = np.empty((features, classes)), np.empty(classes)
    pair = classes == 2 and labels.ndim == 1
    # the order of sums on several threads would change the last bits
    with one_blas_thread():
        for c in (1,) if pair else range(classes):
            true = labels[:, c] > 0 if labels.ndim == 2 else labels == c
            each = None if weights is None else _column(weights, c)
            found[:, c], bias[c] = _one_class(sets, ratios[:, c], true, inverse_penalty, each)
    if pair:  # one regression is enough: half of its logit for one class, minus half for the other
        found, bias = found[:, 1:] * [-0.5, 0.5], bias[1:] * [-0.5, 0.5]
    return found, bias


def _column(weights: NDArray[np.floating], c: int) -> NDArray[np.floating]:
    """Return the sample weights of class c, (N,), from weights (N,), (N, 1) or (N, C)."""
    if weights.ndim == 1:
        return weights
    return weights[:, c if weights.shape[1] > 1 else 0]


def _one_class(
    sets: sparse.csr_array,
    ratios: NDArray[np.float64],
    true: NDArray[np.bool_],
    inverse_penalty: float,
    each: NDArray[np.floating] | None,
) -> tuple[NDArray[np.float64], float]:
    """Fit weights (F,) and bias of one class against the rest; `each` (N,) are sample weights."""
    members = int(true.sum())
    if not sets.nnz or not 0 < members < len(true):  # without features, the class frequency alone
        inside = float(members if each is None else each[true].sum())
        outside = float(len(true) - members if each is None else each[~true].sum())
        return np.zeros(len(ratios)), float(np.log((inside + 0.5) / (outside + 0.5)))
    # liblinear's trust-region Newton (Lin, Weng & Keerthi 2008): some seconds where SAG and L-BFGS need a minute
    model = LogisticRegression(C=inverse_penalty, solver="liblinear", max_iter=_ROUNDS, random_state=0)
    weighed = sparse.csr_array((sets.data * ratios[sets.indices], sets.indices, sets.indptr), shape=sets.shape)
    with ignore_warnings(Warning, "sklearn"):  # a huge C may not converge; validation decides
        model.fit(weighed, true, sample_weight=None if each is None else np.asarray(each, np.float64))
    return model.coef_[0] * ratios, float(model.intercept_[0])
