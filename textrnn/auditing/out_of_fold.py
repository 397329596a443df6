"""Scores of each text by linear models that have seen neither it nor a near-duplicate of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import Target
from textrnn.linear.centroids import has_many_classes, max_features_for
from textrnn.linear.linear_model import LinearModel
from textrnn.linear.nb_lr import fit_nb_lr
from textrnn.linear.tfidf_baseline import fit_tfidf, fit_tfidf_centroids
from textrnn.machine.hardware import thread_count
from textrnn.metrics.predictions import scores_of_logits
from textrnn.text.count_ngrams import count_ngrams, count_ngrams_each
from textrnn.text.ragged import Ragged

N_FOLDS = 5
MAX_FEATURES = 500_000
# inverse penalties: of 1, 3, 10 and 1, 4, 16 none found the most planted errors in every data set; these are in between
WORD_PENALTY, PAIR_PENALTY, NB_PENALTY = 3.0, 5.0, 8.0

FitFunction = Callable[[sparse.csr_array, NDArray[Any], TabularFeatures | None], LinearModel]


@dataclass(frozen=True)
class _Model:
    """A kind of linear model, with the counts (N, F) that it reads."""

    counts: sparse.csr_array
    fit: FitFunction


def score_out_of_fold(
    rows: Ragged,
    labels: NDArray[Any],
    target: Target,
    folds: NDArray[np.int64],
    tabular: TabularFeatures | None = None,
    *,
    on_fold: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.float64]:
    """Score `rows` (N) of word numbers, those of each of the `folds` (N,) by models of the others; returns (N, C).

    Scores are probabilities or values (`textrnn.metrics.predictions`), the mean of three models: logistic regression
    on TF-IDF of words, of words and pairs, and on n-grams of up to three words scaled by naive Bayes ratios (NB-LR);
    ridge regressions for numbers; for 500 classes or more the nearest centroid alone. `labels` (N) are encoded by
    `encode_labels`. A class that only one fold has is scored 0 there. `on_fold(done, total)` is called after each
    model of each fold.
    """
    models = list(_models(rows, target))
    tasks = [(fold, model) for fold in np.unique(folds).tolist() for model in models]

    def score(task: tuple[int, _Model]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        fold, model = task
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if not len(train) or (target.exclusive and len(np.unique(labels[train])) < 2):
            return test, _score_by_frequency(target, labels[train], len(test))
        fitted = model.fit(model.counts[train], labels[train], tabular and tabular.take(train))
        logits = fitted.logits(model.counts[test], tabular and tabular.take(test))
        return test, scores_of_logits(target, logits)

    scores = np.zeros((len(rows), target.outputs))
    pool = ThreadPoolExecutor(min(thread_count(), len(tasks)), thread_name_prefix="textrnn-audit")
    try:
        for done, (test, found) in enumerate(pool.map(score, tasks), start=1):  # in their order: the same bits
            scores[test] += found / len(models)
            on_fold(done, len(tasks))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return scores


def _score_by_frequency(target: Target, labels: NDArray[Any], rows: int) -> NDArray[np.float64]:
    """Return the scores (rows, C) of texts of which nothing can be learned: how frequent each class is in `labels`."""
    if target.kind == "number":
        return np.full((rows, 1), target.centre)
    if not len(labels):
        return np.full((rows, target.outputs), 1 / target.outputs if target.exclusive else 0.5)
    counts = labels.sum(axis=0) if labels.ndim == 2 else np.bincount(labels, minlength=target.outputs)
    return np.tile(counts / len(labels), (rows, 1))


def _models(rows: Ragged, target: Target) -> Iterator[_Model]:
    if has_many_classes(target):
        most = max_features_for(target, MAX_FEATURES)
        _, counts = count_ngrams(rows, longest=2, min_documents=2, max_features=most)
        yield _Model(counts, lambda counts, labels, tabular: fit_tfidf_centroids(counts, labels, target, tabular))
        return
    _, words = count_ngrams(rows, longest=1, min_documents=1, max_features=MAX_FEATURES)
    yield _Model(words, lambda *train: next(fit_tfidf(train[0], train[1], target, (WORD_PENALTY,), train[2])))
    pairs, triples = count_ngrams_each(rows, longest=(2, 3), min_documents=2, max_features=MAX_FEATURES)
    yield _Model(pairs[1], lambda *train: next(fit_tfidf(train[0], train[1], target, (PAIR_PENALTY,), train[2])))
    yield _Model(triples[1], lambda *train: next(fit_nb_lr(train[0], train[1], target, (NB_PENALTY,), train[2])))
