"""Scores equal scikit-learn's; weights equal repetition."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from textrnn.errors import DataError
from textrnn.metrics.metrics import (
    accuracy,
    check_predictions,
    class_scores,
    confusion_matrix,
    log_loss,
    macro_f1,
    roc_auc,
    single_scorer,
)


def made(seed: int, classes: int, examples: int = 300):
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, examples)
    return labels, random.dirichlet(np.ones(classes), examples), random.integers(0, 4, examples).astype(float)


@pytest.mark.parametrize("classes", [2, 3, 11])
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_equal_scikit_learns(classes, weighted):
    labels, probabilities, weights = made(classes, classes)
    predicted = probabilities.argmax(axis=1)
    given_weights = weights if weighted else None
    expected = {
        "accuracy": reference.accuracy_score(labels, predicted, sample_weight=given_weights),
        "macro_f1": reference.f1_score(labels, predicted, average="macro", sample_weight=given_weights),
        "log_loss": reference.log_loss(labels, probabilities, sample_weight=given_weights),
    }
    if classes == 2:
        expected["roc_auc"] = reference.roc_auc_score(labels, probabilities[:, 1], sample_weight=given_weights)
        assert roc_auc(labels == 1, probabilities[:, 1], given_weights) == pytest.approx(expected["roc_auc"])
    assert accuracy(labels, predicted, given_weights) == pytest.approx(expected["accuracy"])
    assert macro_f1(labels, predicted, classes, given_weights) == pytest.approx(expected["macro_f1"])
    assert log_loss(labels, probabilities, given_weights) == pytest.approx(expected["log_loss"])
    found = single_scorer(labels, probabilities)(weights if weighted else np.ones(len(labels)))
    assert found == pytest.approx(expected)


def test_class_scores_and_confusion_equal_scikit_learns_with_absent_classes():
    labels, predicted = np.array([0, 0, 1, 3, 3]), np.array([0, 1, 1, 3, 4])  # 2 is in neither, 4 only predicted
    scores = class_scores(labels, predicted, 5)
    expected = reference.precision_recall_fscore_support(labels, predicted, labels=range(5), zero_division=0)
    for found, wanted in zip((scores.precision, scores.recall, scores.f1, scores.support), expected, strict=True):
        np.testing.assert_allclose(found, wanted)
    matrix = confusion_matrix(labels, predicted, 5)
    np.testing.assert_array_equal(matrix, reference.confusion_matrix(labels, predicted, labels=range(5)))
    assert matrix[3, 4] == 1  # rows are true
    np.testing.assert_array_equal(scores.predicted, matrix.sum(axis=0))
    assert macro_f1(labels, predicted, 5) == pytest.approx(reference.f1_score(labels, predicted, average="macro"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_auc_of_tied_scores_is_the_share_of_pairs(data):
    size = data.draw(st.integers(2, 30))
    positive = data.draw(arrays(bool, size))
    scores = data.draw(arrays(np.int64, size, elements=st.integers(0, 4))) / 4  # few values: many ties
    wins = [(p > n) + (p == n) / 2 for p in scores[positive] for n in scores[~positive]]
    found = roc_auc(positive, scores)
    assert np.isnan(found) if not wins else found == pytest.approx(np.mean(wins))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 5))
def test_a_weight_is_a_repetition(seed, classes):
    labels, probabilities, weights = made(seed, classes, 40)
    times = weights.astype(int)
    if not times.any():
        return
    repeated = single_scorer(np.repeat(labels, times), np.repeat(probabilities, times, axis=0))(np.ones(times.sum()))
    assert single_scorer(labels, probabilities)(weights) == pytest.approx(repeated, nan_ok=True)


def test_a_certain_mistake_costs_no_infinity():
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5]])
    labels = np.array([1, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert log_loss(labels, probabilities) == pytest.approx(reference.log_loss(labels, probabilities))


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([0, 2], [[0.5, 0.5]] * 2, r"label 2: expected a class number in 0\.\.1"),
        ([0, -1], [[0.5, 0.5]] * 2, "label -1"),
        ([0], [[0.5, 0.5]] * 2, "one row an example"),
        ([0, 1], [[0.5, float("nan")]] * 2, "between 0 and 1"),
        ([0, 1], [[-1.0, 3.0]] * 2, "between 0 and 1"),
        ([], np.zeros((0, 2)), "at least one example"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(labels, probabilities, message):
    with pytest.raises(DataError, match=message) as caught:
        check_predictions(np.array(labels, dtype=np.int64), np.array(probabilities))
    assert "\n" not in str(caught.value)
