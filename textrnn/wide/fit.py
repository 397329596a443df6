"""Fitting the wide branch: naive Bayes weights, then logistic regression."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.config.wide import WideConfig
from textrnn.linear.naive_bayes import fit_against_the_rest, naive_bayes_ratios, scale_sets
from textrnn.metrics.metrics import accuracy, log_loss
from textrnn.metrics.softmax import softmax
from textrnn.text.ids import Ids
from textrnn.text.ngrams import Ngrams, count_ngrams
from textrnn.wide.branch import WideBranch, empty_branch, wide_logits


def fit_wide(ids: Ids, config: WideConfig, *, on_progress: Callable[[str], None] = lambda _: None) -> WideBranch:
    """Fit the wide branch on the training split of `ids`, uncut; the one of no n-grams where it is not enabled.

    The model is NB-LR (`textrnn.linear.naive_bayes`). The inverse penalty C is the one with the lowest log loss on
    validation, of equals the one listed first (without validation examples simply that). `on_progress` gets a line
    of text now and then.
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
    sets = scale_sets(counts)
    ratios = naive_bayes_ratios(counts, labels, ids.target.outputs)
    best: tuple[float, float, WideBranch] | None = None
    for inverse_penalty in config.inverse_penalties:
        branch = _fit(ngrams, sets, ratios, labels, inverse_penalty)
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


def _fit(
    ngrams: Ngrams,
    sets: sparse.csr_array,
    ratios: NDArray[np.float64],
    labels: NDArray[np.int64],
    inverse_penalty: float,
) -> WideBranch:
    """The branch at one inverse penalty."""
    weights, bias = fit_against_the_rest(sets, ratios, labels, inverse_penalty)
    return WideBranch(ngrams, weights.astype(np.float32), bias.astype(np.float32))
