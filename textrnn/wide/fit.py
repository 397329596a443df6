"""Fitting the wide branch: naive Bayes weights, then logistic regression."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from textrnn.config.wide import WideConfig
from textrnn.metrics.metrics import accuracy, log_loss
from textrnn.metrics.softmax import softmax
from textrnn.text.ids import Ids
from textrnn.text.ngrams import Ngrams, count_ngrams
from textrnn.wide.branch import WideBranch, empty_branch, wide_logits

_ROUNDS = 200


def fit_wide(ids: Ids, config: WideConfig, *, on_progress: Callable[[str], None] = lambda _: None) -> WideBranch:
    """Fit the wide branch on the training split of `ids`, uncut; the one of no n-grams where it is not enabled.

    A text is the set of its n-grams, each weighed by its naive Bayes log ratio and all divided by the square root
    of their number; one logistic regression a class against the rest ("NB-SVM", Wang & Manning 2012; logistic as in
    Mesnil et al. 2015). The inverse penalty C is the one with the lowest log loss on validation, of equals the one
    listed first (without validation examples simply that). `on_progress` gets a line of text now and then.
    """
    if not config.enabled:
        return empty_branch(ids.target.outputs)
    labels, held_out = ids.labels["train"], ids.splits.get("validation")
    ngrams, counts = count_ngrams(
        ids.splits["train"],
        longest=config.ngrams,
        min_documents=config.min_documents,
        max_features=config.max_features,
    )
    on_progress(f"counted {ngrams.features:,} n-grams")
    there = _scaled(counts)
    ratios = naive_bayes_ratios(counts, labels, ids.target.outputs)
    best: tuple[float, float, WideBranch] | None = None
    for inverse_penalty in config.inverse_penalties:
        branch = _fit(ngrams, there, ratios, labels, inverse_penalty)
        if held_out is None or not len(held_out):
            return branch
        true, logits = ids.labels["validation"], wide_logits(branch, held_out)
        loss = log_loss(true, softmax(logits))
        correct = accuracy(true, logits.argmax(axis=1))
        on_progress(f"C = {inverse_penalty:g}: validation accuracy {correct:.4f}, log loss {loss:.4f}")
        if best is None or loss < best[0]:
            best = loss, inverse_penalty, branch
    if best is None:
        return empty_branch(ids.target.outputs)
    on_progress(f"kept C = {best[1]:g}")
    return best[2]


def naive_bayes_ratios(counts: sparse.csr_array, labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """(F, C): the log of how much likelier each n-gram is in texts of a class than in the others, smoothed by 1.

    Likelihoods are shares of texts that hold the n-gram, normed to 1 over n-grams (Wang & Manning 2012, eq. 3).
    """
    there = sparse.csr_array((np.ones(counts.nnz), counts.indices, counts.indptr), shape=counts.shape)
    member = sparse.csr_array((np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=(classes, len(labels)))
    inside = (member @ there).toarray().T + 1.0
    outside = inside.sum(axis=1, keepdims=True) - inside - (classes - 2)  # each smoothed by 1, as `inside` is
    ratios: NDArray[np.float64] = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
    return ratios


def _scaled(counts: sparse.csr_array) -> sparse.csr_array:
    """1 / sqrt(k) in place of each count of a row with k n-grams."""
    found = np.diff(counts.indptr)
    return sparse.csr_array(
        (np.repeat(1 / np.sqrt(np.maximum(found, 1)), found), counts.indices, counts.indptr), shape=counts.shape
    )


def _fit(
    ngrams: Ngrams,
    there: sparse.csr_array,
    ratios: NDArray[np.float64],
    labels: NDArray[np.int64],
    inverse_penalty: float,
) -> WideBranch:
    """The branch at one inverse penalty."""
    classes = ratios.shape[1]
    weights, bias = np.zeros((ngrams.features, classes)), np.zeros(classes)
    for c in range(classes) if classes > 2 else (1,):
        weights[:, c], bias[c] = _against_the_rest(there, ratios[:, c], labels == c, inverse_penalty)
    if classes == 2:  # one regression says it all: half of its logit for the one class, half against the other
        weights, bias = weights[:, 1:] * [-0.5, 0.5], bias[1:] * [-0.5, 0.5]
    return WideBranch(ngrams, weights.astype(np.float32), bias.astype(np.float32))


def _against_the_rest(
    there: sparse.csr_array, ratios: NDArray[np.float64], true: NDArray[np.bool_], inverse_penalty: float
) -> tuple[NDArray[np.float64], float]:
    """Weights (F,) and bias of the logit that a text is of the class."""
    members = int(true.sum())
    if not there.nnz or not 0 < members < len(true):  # nothing to learn from but how common the class is
        return np.zeros(len(ratios)), float(np.log((members + 0.5) / (len(true) - members + 0.5)))
    # liblinear's trust-region Newton (Lin, Weng & Keerthi 2008): some seconds where SAG and L-BFGS need a minute
    model = LogisticRegression(C=inverse_penalty, solver="liblinear", max_iter=_ROUNDS, random_state=0)
    # sums of several threads differ in their last bits
    with warnings.catch_warnings(), threadpool_limits(limits=1, user_api="blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)  # a huge C may not settle; it is judged on validation
        model.fit(there @ sparse.diags_array(ratios), true)
    return model.coef_[0] * ratios, float(model.intercept_[0])
