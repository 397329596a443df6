"""Fitting of the n-gram branch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.config.ngram_branch import NgramBranchConfig, NgramModel
from textrnn.config.train import ClassWeighting
from textrnn.data.few_texts import least_count
from textrnn.data.row_weights import row_weights
from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import UNSEEN_LOGIT, Target, unseen_classes
from textrnn.linear.centroids import fit_centroids, has_many_classes, max_features_for, smoothed_idf
from textrnn.linear.char_ngram_matrix import char_ngram_matrix
from textrnn.linear.linear_svm import USUAL_SCALE, calibrate_margins
from textrnn.linear.naive_bayes import (
    append_tabular,
    append_tabular_sets,
    estimate_duration,
    fit_one_vs_rest,
    naive_bayes_ratios,
    normalize_binary_rows,
)
from textrnn.linear.ngram_branch import NgramBranch, empty_branch, ngram_logits
from textrnn.linear.ridge import fit_ridge, median_split_log_ratios
from textrnn.linear.svm_branch import fit_svm_branch, scale_branch
from textrnn.metrics.predictions import scores_of_logits
from textrnn.metrics.validation_score import SCORE_NAMES, validation_score
from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.ids import Ids
from textrnn.text.ngrams import Ngrams
from textrnn.text.vocabulary import Vocabulary

NAMES: Mapping[NgramModel, str] = {"nb": "NB-LR", "svm": "SVM"}
SVM_ALONE = 1_000  # training texts below which a tenth of them cannot tell the models apart; the SVM is never far off


def fit_ngram_branch(
    ids: Ids,
    config: NgramBranchConfig,
    class_weight: ClassWeighting = "none",
    *,
    vocabulary: Vocabulary | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> NgramBranch:
    """Fit the n-gram branch on the training split of `ids`, uncut; an empty branch if it is not enabled.

    The model is NB-LR (`textrnn.linear.naive_bayes`) or a linear SVM (`textrnn.linear.svm_branch`), which reads
    characters too where it has the `vocabulary` of `ids`; for numbers ridge regression (`textrnn.linear.ridge`), whose
    logit is the standardised value. C has the lowest log loss on validation, ties go to the first listed. So has the
    model, each compared at the scale that is best for it, as `decide` scales them; fewer than `SVM_ALONE` texts
    have the SVM alone. Without validation examples the first model at its first C is
    taken. For many classes the model is the nearest centroid
    (`textrnn.linear.centroids`). Sample weights are those of `ids` times `class_weight`. `on_progress` is called with
    lines of text.
    """
    if not config.enabled:
        return empty_branch(ids.target.outputs)
    labels, held_out = ids.labels["train"], ids.splits.get("validation")
    unseen = unseen_classes(ids.target, labels, *([] if held_out is None else [ids.labels["validation"]]))
    least = least_count(config.min_documents, len(labels))
    ngrams, counts = count_ngrams(
        ids.splits["train"],
        longest=config.ngrams,
        min_documents=least,
        max_features=max_features_for(ids.target, config.max_features),
    )
    on_progress(f"counted {ngrams.features:,} n-grams")
    tabular = ids.tabular.get("train")
    weights = row_weights(ids.target, labels, class_weight, ids.weights.get("train"))
    each = None if weights is None else weights.take()
    if has_many_classes(ids.target):
        on_progress(f"{ids.target.outputs:,} classes: the nearest centroid instead of one regression per class")
        branch = _nearest(ngrams, counts, tabular, labels, ids.target, each)
        branch.bias[unseen] = UNSEEN_LOGIT
        return branch
    kept: list[tuple[float, str, NgramBranch]] = []
    for model in _candidates(config, ids):
        if model == "nb":
            _tell_duration(counts, ids.target, len(config.inverse_penalties), on_progress)
            fitted = _fit_each(ngrams, counts, labels, ids, config.inverse_penalties, each)
        else:
            fitted = _fit_svms(ngrams, counts, ids, vocabulary, least, class_weight, each)
        best = _choose(fitted, model, unseen, ids, on_progress)
        if best is not None and (held_out is None or not len(held_out)):
            return best[1]
        if best is not None:
            kept.append((_scaled_loss(best[1], ids, labels, class_weight), f"{NAMES[model]}, C = {best[0]:g}", best[1]))
    if not kept:
        return empty_branch(ids.target.outputs)
    _, name, branch = min(kept, key=lambda one: one[0])
    on_progress(f"kept {name}")
    return branch


def _candidates(config: NgramBranchConfig, ids: Ids) -> tuple[NgramModel, ...]:
    """Return the models that are tried."""
    if ids.target.kind == "number":
        return ("nb",)
    if config.candidates != "auto":
        return config.candidates
    return ("svm",) if len(ids.labels["train"]) < SVM_ALONE else ("nb", "svm")


def _tell_duration(counts: sparse.csr_array, target: Target, trials: int, on_progress: Callable[[str], None]) -> None:
    """Say how long the regressions take, where that is long."""
    if target.kind != "number" and (long := estimate_duration(counts, target.outputs, trials)):
        on_progress(
            f"{target.outputs:,} classes, one regression each: {long}; ngram_branch.enabled=false turns the branch off"
        )


def _choose(
    fitted: Iterator[tuple[float, NgramBranch]],
    model: NgramModel,
    unseen: NDArray[np.bool_],
    ids: Ids,
    on_progress: Callable[[str], None],
) -> tuple[float, NgramBranch] | None:
    """Return C and the branch with the lowest log loss on validation, the first without validation; None of none."""
    held_out, tabular = ids.splits.get("validation"), ids.tabular.get("validation")
    best: tuple[float, float, NgramBranch] | None = None
    for inverse_penalty, branch in fitted:
        branch.bias[unseen] = UNSEEN_LOGIT
        if held_out is None or not len(held_out):
            return inverse_penalty, branch
        scores = scores_of_logits(ids.target, ngram_logits(branch, held_out, tabular))
        score, loss = validation_score(ids.target, ids.labels["validation"], scores, ids.weights.get("validation"))
        names = SCORE_NAMES[ids.target.kind]
        on_progress(
            f"{NAMES[model]}, C = {inverse_penalty:g}: validation {names[0]} {score:.4f}, {names[1]} {loss:.4f}"
        )
        if best is None or loss < best[0]:
            best = loss, inverse_penalty, branch
    return None if best is None else best[1:]


def _scaled_loss(branch: NgramBranch, ids: Ids, train: NDArray[Any], class_weight: ClassWeighting) -> float:
    """Return the loss of `branch` on validation at the scale of its logits that is best there."""
    if ids.target.kind == "number":
        return 0.0
    labels, weights = ids.labels["validation"], _validation_weights(ids, class_weight)
    logits = ngram_logits(branch, ids.splits["validation"], ids.tabular.get("validation"))
    scale, offset = calibrate_margins(logits, labels, train, ids.target, weights, usual=1.0)
    scores = scores_of_logits(ids.target, np.where(logits > UNSEEN_LOGIT / 2, scale * logits + offset, logits))
    return validation_score(ids.target, labels, scores, weights)[1]


def _fit_svms(
    ngrams: Ngrams,
    counts: sparse.csr_array,
    ids: Ids,
    vocabulary: Vocabulary | None,
    min_documents: int,
    class_weight: ClassWeighting,
    each: NDArray[np.float32] | None,
) -> Iterator[tuple[float, NgramBranch]]:
    """Yield C and the branch of each SVM, calibrated on validation where there is one."""
    labels = ids.labels["train"]
    spelling = sparse.csr_array((ngrams.features, 0)) if vocabulary is None else char_ngram_matrix(ngrams, vocabulary)
    margins = fit_svm_branch(
        ngrams, counts, spelling, labels, ids.target, ids.tabular.get("train"), each, min_documents=min_documents
    )
    held_out = ids.splits.get("validation")
    for inverse_penalty, branch in margins:
        scale, offset = USUAL_SCALE, 0.0
        if held_out is not None and len(held_out):
            found = ngram_logits(branch, held_out, ids.tabular.get("validation"))
            weights = _validation_weights(ids, class_weight)
            known = ids.labels["validation"]
            scale, offset = calibrate_margins(found, known, labels, ids.target, weights, usual=USUAL_SCALE)
        yield inverse_penalty, scale_branch(branch, scale, offset, labels, ids.target)


def _validation_weights(ids: Ids, class_weight: ClassWeighting) -> NDArray[Any] | None:
    """Return the weights of the validation texts, class weights included: else the scale would undo what they do."""
    sample = ids.weights.get("validation")
    if not ids.target.exclusive:  # those of a class that a text has are not weights of the text
        return sample
    found = row_weights(ids.target, ids.labels["validation"], class_weight, sample)
    return None if found is None else found.take()


def _fit_each(
    ngrams: Ngrams,
    counts: sparse.csr_array,
    labels: NDArray[Any],
    ids: Ids,
    inverse_penalties: Sequence[float],
    each: NDArray[np.float32] | None,
) -> Iterator[tuple[float, NgramBranch]]:
    """Yield C and the branch of each regression on naive Bayes log ratios."""
    sets, ratios = append_tabular_sets(
        normalize_binary_rows(counts), _ratios(counts, labels, ids), ids.tabular.get("train")
    )
    for inverse_penalty in inverse_penalties:
        yield inverse_penalty, _fit(ngrams, sets, ratios, labels, inverse_penalty, ids.target, each)


def _ratios(counts: sparse.csr_array, labels: NDArray[Any], ids: Ids) -> NDArray[np.float64]:
    """Return the log ratios of n-grams; sample weights count, class weights would change nothing."""
    if ids.target.kind == "number":
        return median_split_log_ratios(counts, labels, ids.weights.get("train"))[:, None]
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
    sets, rarity = normalize_binary_rows(counts), smoothed_idf(counts)
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
