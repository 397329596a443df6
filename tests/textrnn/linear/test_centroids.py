"""Nearest centroid: the cosines written out, the sharpness by texts that their class does not hold, many classes."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize_scalar

from textrnn.config.baseline import BaselineConfig
from textrnn.config.data import TargetKind
from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.load import corpus_of
from textrnn.linear import centroids, naive_bayes
from textrnn.linear.centroids import MANY_CLASSES, fit_centroids, max_features_for
from textrnn.linear.fit_baseline import fit_baseline
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import ngram_logits
from textrnn.metrics.softmax import softmax
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.ids import Ids
from textrnn.text.numericalize import numericalize
from textrnn.text.tokenize import tokenize
from textrnn.text.words import Words


def rows_of(rows: int, features: int, seed: int = 0) -> sparse.csr_array:
    """Rows of length 1."""
    x = np.random.default_rng(seed).random((rows, features)) ** 4
    return sparse.csr_array(x / np.linalg.norm(x, axis=1, keepdims=True))


def cosine(a: Any, b: Any) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def test_logits_are_cosines_with_the_sum_of_a_class_as_sharp_as_texts_left_out_say() -> None:
    x, labels = rows_of(24, 7), np.arange(24) % 4
    weights, bias = fit_centroids(x, labels, 4)
    dense = x.toarray()
    sums = [dense[labels == c].sum(axis=0) for c in range(4)]
    sharpness = float(np.linalg.norm(weights[:, 0]))
    expected = [[sharpness * cosine(row, s) for s in sums] for row in dense]
    np.testing.assert_allclose(x @ weights, expected, rtol=1e-9)
    np.testing.assert_allclose(bias, np.log((6 + 0.5) / 25))

    def loss(factor: float) -> float:
        total = 0.0
        for i, row in enumerate(dense):
            scores = [cosine(row, s - row if labels[i] == c else s) * factor + bias[c] for c, s in enumerate(sums)]
            total -= np.log(np.exp(scores[labels[i]]) / np.exp(scores).sum())
        return total

    best = minimize_scalar(loss, bounds=(1.0, 1000.0), method="bounded").x
    assert loss(sharpness) == pytest.approx(loss(best), rel=1e-4)


def test_texts_of_classes_of_one_say_nothing_of_how_sharp(monkeypatch: pytest.MonkeyPatch) -> None:
    weights, _ = fit_centroids(rows_of(5, 7), np.arange(5), 5)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=0), centroids.INITIAL_SCALE)
    monkeypatch.setattr(centroids, "SCALE_TEXTS", 4)  # few texts are asked where there are many
    assert np.isfinite(fit_centroids(rows_of(40, 7), np.arange(40) % 4, 4)[0]).all()


def test_several_labels_are_each_for_themselves() -> None:
    x = rows_of(60, 9)
    labels = (x.toarray()[:, :3] > np.median(x.toarray()[:, :3], axis=0)).astype(np.float64)
    weights, bias = fit_centroids(x, labels, 3)
    scores = 1 / (1 + np.exp(-(x @ weights + bias)))
    assert ((scores > 0.5) == labels).mean() > 0.8
    assert scores.mean() == pytest.approx(labels.mean(), abs=0.1)


# --- where it stands in place of a regression for each class ---------------------------------------


def made(classes: int, kind: TargetKind = "single") -> tuple[Words, Ids]:
    """Three texts a class, which has three words of its own among eight of others."""
    chance, texts, labels = random.Random(0), [], []
    for c in range(classes):
        own = [f"w{chance.randrange(2000)}" for _ in range(3)]
        for _ in range(3):
            words = own + [f"w{chance.randrange(100)}" for _ in range(5)]
            texts.append(" ".join(words))
            labels.append([f"class {c}", f"class {(c + 1) % classes}"] if kind == "multi" else f"class {c}")
    words = tokenize(corpus_of(texts, labels, validation_fraction=0.2, target=kind), TokenizeConfig())
    return words, numericalize(words, build_vocabulary(words, VocabularyConfig()))


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_many_classes_are_fitted_at_once_and_well(kind: TargetKind, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a regression for one class")

    monkeypatch.setattr(naive_bayes, "LogisticRegression", never)
    monkeypatch.setattr("textrnn.linear.tfidf_baseline.LogisticRegression", never)
    words, ids = made(MANY_CLASSES, kind)
    scores: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logits = ngram_logits(
            fit_ngram_branch(ids, NgramBranchConfig(), on_progress=scores.append), ids.splits["validation"]
        )
        baseline = fit_baseline(words, BaselineConfig(), on_progress=scores.append)
    assert any("500 classes: the nearest centroid" in line for line in scores)
    assert (baseline.model, len(baseline.trials)) == ("centroid", 1)
    labels = ids.labels["validation"]
    for found in (logits, baseline.scores["validation"]):
        hit = labels[np.arange(len(found)), found.argmax(axis=1)] if kind == "multi" else found.argmax(axis=1) == labels
        assert hit.mean() > 0.7
    if kind == "single":
        true = softmax(logits)[np.arange(len(labels)), labels]
        assert -np.log(true).mean() < 2  # of log(500) = 6.2


def test_fewer_classes_keep_a_regression_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(centroids, "MANY_CLASSES", 21)
    words, ids = made(20)
    scores: list[str] = []
    fit_ngram_branch(ids, NgramBranchConfig(candidates=("nb",), inverse_penalties=(1.0,)), on_progress=scores.append)
    assert any(line.startswith("NB-LR, C = 1") for line in scores)
    assert fit_baseline(words, BaselineConfig(candidates=("nb",), nb_inverse_penalties=(1.0,))).model == "nb"


def test_the_table_of_weights_is_bounded() -> None:
    _, ids = made(MANY_CLASSES)
    assert max_features_for(ids.target, 300_000) * MANY_CLASSES <= 1 << 27
    assert max_features_for(ids.target, 10) == 10


def test_what_takes_long_is_reported_before_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(naive_bayes, "_SECONDS_EACH", 1.0)
    words, ids = made(5)
    scores: list[str] = []
    fit_ngram_branch(ids, NgramBranchConfig(candidates=("nb",), inverse_penalties=(1.0,)), on_progress=scores.append)
    fit_baseline(
        words, BaselineConfig(inverse_penalties=(1.0,), nb_inverse_penalties=(1.0,)), on_progress=scores.append
    )
    told = [i for i, line in enumerate(scores) if "5 classes" in line and "about" in line]
    assert len(told) == 5
    assert "ngram_branch.enabled=false turns the branch off" in scores[told[0]]
    assert "fewer baseline.nb_inverse_penalties take less" in scores[told[2]]
    assert all(
        told[i] < min(j for j, line in enumerate(scores) if "validation" in line and j > told[i]) for i in range(3)
    )
