"""Fitting of the n-gram branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.train import ClassWeighting
from textrnn.data.row_weights import row_weights
from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import UNSEEN_LOGIT, Target, unseen_classes
from textrnn.linear.centroids import features_for, fit_centroids, has_many_classes, inverse_frequencies
from textrnn.linear.naive_bayes import (
    append_tabular,
    append_tabular_sets,
    estimate_duration,
    fit_one_vs_rest,
    naive_bayes_ratios,
    scale_rows,
)
from textrnn.linear.ngram_branch import NgramBranch, empty_branch, ngram_logits
from textrnn.linear.ridge import fit_ridge, median_ratios
from textrnn.metrics.predictions import scores_of_logits
from textrnn.metrics.validation_score import SCORE_NAMES, validation_score
from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.ids import Ids
from textrnn.text.ngrams import Ngrams


def fit_ngram_branch(
    ids: Ids,
    config: NgramBranchConfig,
    class_weight: ClassWeighting = "none",
    *,
    on_progress: Callable[[str], None] = lambda _: None,
) -> NgramBranch:
    """Fit the n-gram branch on the training split of `ids`, uncut; an empty branch if it is not enabled.

    The model is NB-LR (`textrnn.linear.naive_bayes`), for numbers ridge regression (`textrnn.linear.ridge`), whose
    logit is the standardised value. C has the lowest log loss on validation, ties go to the first listed, which is also
    taken without validation examples. For many classes the model is the nearest centroid (`textrnn.linear.centroids`).
    Sample weights are those of `ids` times `class_weight`. `on_progress` is called with lines of text.
    """
    if not config.enabled:
        return empty_branch(ids.target.outputs)
    labels, held_out = ids.labels["train"], ids.splits.get("validation")
    unseen = unseen_classes(ids.target, labels, *([] if held_out is None else [ids.labels["validation"]]))
    ngrams, counts = count_ngrams(
        ids.splits["train"],
        longest=config.ngrams,
        min_documents=config.min_documents,
        max_features=features_for(ids.target, config.max_features),
    )
    on_progress(f"counted {ngrams.features:,} n-grams")
    tabular, held_out_tabular = ids.tabular.get("train"), ids.tabular.get("validation")
    weights = row_weights(ids.target, labels, class_weight, ids.weights.get("train"))
    each = None if weights is None else weights.take()
    if has_many_classes(ids.target):
        on_progress(f"{ids.target.outputs:,} classes: the nearest centroid instead of one regression per class")
        branch = _nearest(ngrams, counts, tabular, labels, ids.target, each)
        branch.bias[unseen] = UNSEEN_LOGIT
        return branch
    if ids.target.kind != "number" and (
        long := estimate_duration(counts, ids.target.outputs, len(config.inverse_penalties))
    ):
        on_progress(
            f"{ids.target.outputs:,} classes, one regression each: {long}; "
            "ngram_branch.enabled=false turns the branch off"
        )
    sets, ratios = append_tabular_sets(scale_rows(counts), _ratios(counts, labels, ids), tabular)
    best: tuple[float, float, NgramBranch] | None = None
    for inverse_penalty in config.inverse_penalties:
        branch = _fit(ngrams, sets, ratios, labels, inverse_penalty, ids.target, each)
        branch.bias[unseen] = UNSEEN_LOGIT
        if held_out is None or not len(held_out):
            return branch
        scores = scores_of_logits(ids.target, ngram_logits(branch, held_out, held_out_tabular))
        score, loss = validation_score(ids.target, ids.labels["validation"], scores, ids.weights.get("validation"))
        names = SCORE_NAMES[ids.target.kind]
        on_progress(f"C = {inverse_penalty:g}: validation {names[0]} {score:.4f}, {names[1]} {loss:.4f}")
        if best is None or loss < best[0]:
            best = loss, inverse_penalty, branch
    if best is None:
        return empty_branch(ids.target.outputs)
    on_progress(f"kept C = {best[1]:g}")
    return best[2]


def _ratios(counts: sparse.csr_array, labels: NDArray[Any], ids: Ids) -> NDArray[np.float64]:
    """Return the log ratios of n-grams; sample weights count, class weights would change nothing."""
    if ids.target.kind == "number":
        return median_ratios(counts, labels, ids.weights.get("train"))[:, None]
    return naive_bayes_ratios(counts, labels, ids.target.outputs, ids.weights.get("train"))


def _nearest(
    ngrams: Ngrams,
    counts: sparse.csr_array,
    tabular: TabularFeatures | None,
    labels: NDArray[Any],
    target: Target,
    each: NDArray[np.float32] | None,
) -> NgramBranch:
    """Fit the branch by centroids: idf-weighted n-grams, all texts at the mean length."""
    sets, rarity = scale_rows(counts), inverse_frequencies(counts)
    weighed = append_tabular(
        sparse.csr_array((sets.data * rarity[sets.indices], sets.indices, sets.indptr), sets.shape), tabular
    )
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    usual = float(lengths[lengths > 0].mean()) if lengths.any() else 1.0
    scaled = sparse.csr_array(sparse.diags_array(1 / np.maximum(lengths, 1e-12)) @ weighed)
    weights, bias = fit_centroids(scaled, labels, target.outputs, each)
    weights /= usual
    weights[: ngrams.features] *= rarity[:, None]
    rounded = weights.astype(np.float32)
    return NgramBranch(ngrams, rounded[: ngrams.features], bias.astype(np.float32), rounded[ngrams.features :])


def _fit(
    ngrams: Ngrams,
    sets: sparse.csr_array,
    ratios: NDArray[np.float64],
    labels: NDArray[Any],
    inverse_penalty: float,
    target: Target,
    each: NDArray[np.float32] | None,
) -> NgramBranch:
    """Fit the branch at one inverse penalty."""
    if target.kind == "number":
        values = (labels - target.centre) / target.scale
        weighed = sparse.csr_array((sets.data * ratios[sets.indices, 0], sets.indices, sets.indptr), shape=sets.shape)
        found, start = fit_ridge(
            weighed, values, inverse_penalty, None if each is None else each[:, 0].astype(np.float64)
        )
        weights, bias = found[:, None] * ratios, np.array([start])
    else:
        weights, bias = fit_one_vs_rest(sets, ratios, labels, inverse_penalty, each)
    rounded = weights.astype(np.float32)
    return NgramBranch(ngrams, rounded[: ngrams.features], bias.astype(np.float32), rounded[ngrams.features :])
