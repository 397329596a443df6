"""N-grams weighed by naive Bayes, and logistic regression: NB-LR.

Wang & Manning 2012, "Baselines and bigrams" (there with a support vector machine), logistic as in Mesnil et al. 2015.
A text is the set of its n-grams, each weighed by its naive Bayes log ratio and all divided by the square root of their
number; one logistic regression a class against the rest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from textrnn.data.side import Side, side_matrix
from textrnn.process_wide import one_blas_thread, unheard

_ROUNDS = 200
_SECONDS_EACH = 2e-7  # for an n-gram of a text and a class, measured on one core of two that others used
_LONG = 60.0  # seconds


def naive_bayes_ratios(
    counts: sparse.csr_array, labels: NDArray[Any], classes: int, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """(F, C): the log of how much likelier each n-gram is in texts of a class than in the others, smoothed by 1.

    `labels` are class numbers (N,), or 0 or 1 for each class (N, C). Likelihoods are shares of texts that hold the
    n-gram, normed to 1 over n-grams (Wang & Manning 2012, eq. 3). A text counts its `weights` (N,).
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


def scale_sets(counts: sparse.csr_array) -> sparse.csr_array:
    """1 / sqrt(k) in place of each count of a row with k n-grams, as float64 CSR of the same shape."""
    found = np.diff(counts.indptr)
    return sparse.csr_array(
        (np.repeat(1 / np.sqrt(np.maximum(found, 1)), found), counts.indices, counts.indptr), shape=counts.shape
    )


def put_beside(
    sets: sparse.csr_array, ratios: NDArray[np.float64], side: Side | None
) -> tuple[sparse.csr_array, NDArray[np.float64]]:
    """`sets` (N, F) and `ratios` (F, C) with the columns of `side` (N) behind them, which weigh what they weigh."""
    joined = beside(sets, side)
    plain = np.ones((joined.shape[1] - len(ratios), ratios.shape[1]))
    return joined, np.concatenate([ratios, plain])


def beside(weighed: sparse.csr_array, side: Side | None) -> sparse.csr_array:
    """`weighed` (N, F) with the columns of `side` (N) behind them."""
    if side is None:
        return weighed
    return sparse.csr_array(sparse.hstack([weighed, side_matrix(side)], format="csr"))


def foretell(counts: sparse.csr_array, classes: int, trials: int) -> str:
    """How long `trials` regressions for each class on `counts` (N, F) take, roughly; "" where that is a minute at most.

    >>> foretell(sparse.csr_array(np.ones((1000, 1000))), 400, 3)
    'about 4 min'
    """
    seconds = counts.nnz * classes * trials * _SECONDS_EACH
    return f"about {round(seconds / 60)} min" if seconds > _LONG else ""


def fit_against_the_rest(
    sets: sparse.csr_array,
    ratios: NDArray[np.float64],
    labels: NDArray[Any],
    inverse_penalty: float,
    weights: NDArray[np.floating] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (F, C) and bias (C,) float64: the logits of `sets` (N, F), as `scale_sets` makes them, at one C.

    The weights hold the `ratios` (F, C) already. Column c is the regression of class c against the rest; `labels` are
    class numbers (N,), or 0 or 1 for each class (N, C). A text counts its `weights`, (N,) or (N, 1), or (N, C) for each
    class.
    """
    features, classes = ratios.shape
    found, bias = np.zeros((features, classes)), np.zeros(classes)
    pair = classes == 2 and labels.ndim == 1
    # sums of several threads differ in their last bits
    with one_blas_thread():
        for c in (1,) if pair else range(classes):
            true = labels[:, c] > 0 if labels.ndim == 2 else labels == c
            each = None if weights is None else _column(weights, c)
            found[:, c], bias[c] = _one_class(sets, ratios[:, c], true, inverse_penalty, each)
    if pair:  # one regression says it all: half of its logit for the one class, half against the other
        found, bias = found[:, 1:] * [-0.5, 0.5], bias[1:] * [-0.5, 0.5]
    return found, bias


def _column(weights: NDArray[np.floating], c: int) -> NDArray[np.floating]:
    """What each text counts for class c, (N,): the same for all, (N,) or (N, 1), or its own, (N, C)."""
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
    """Weights (F,) and bias of the logit that a text is of the class; a text counts `each` (N,)."""
    members = int(true.sum())
    if not sets.nnz or not 0 < members < len(true):  # nothing to learn from but how common the class is
        inside = float(members if each is None else each[true].sum())
        outside = float(len(true) - members if each is None else each[~true].sum())
        return np.zeros(len(ratios)), float(np.log((inside + 0.5) / (outside + 0.5)))
    # liblinear's trust-region Newton (Lin, Weng & Keerthi 2008): some seconds where SAG and L-BFGS need a minute
    model = LogisticRegression(C=inverse_penalty, solver="liblinear", max_iter=_ROUNDS, random_state=0)
    weighed = sparse.csr_array((sets.data * ratios[sets.indices], sets.indices, sets.indptr), shape=sets.shape)
    with unheard(Warning, "sklearn"):  # a huge C may not settle; it is judged on validation
        model.fit(weighed, true, sample_weight=None if each is None else np.asarray(each, np.float64))
    return model.coef_[0] * ratios, float(model.intercept_[0])
