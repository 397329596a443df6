"""From logits to answers: thresholds and medians are the best there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.metrics import average_precision_score, f1_score, log_loss, r2_score

from textrnn.data.target import Target
from textrnn.metrics.losses import binary_cross_entropy, sigmoid
from textrnn.metrics.predictions import fit_thresholds, median_class, predict_from_scores, scores_of_logits
from textrnn.metrics.validation_score import mean_average_precision, validation_score

SHARES = npst.arrays(np.float64, (40, 3), elements=st.integers(0, 20).map(lambda x: x / 20))
MEMBERS = npst.arrays(np.float32, (40, 3), elements=st.sampled_from([0.0, 1.0]))


@given(MEMBERS, SHARES)
@settings(max_examples=40, deadline=None)
def test_no_other_threshold_has_a_better_f1(members: np.ndarray, said: np.ndarray) -> None:
    thresholds = fit_thresholds(members, said)
    predictions = predict_from_scores(Target("multi", ("a", "b", "c")), said, thresholds)
    for c in range(3):
        if members[:, c].sum() >= 5:
            best = max(f1_score(members[:, c], said[:, c] >= t, zero_division=0) for t in np.arange(0, 21) / 20)
            assert f1_score(members[:, c], predictions[:, c], zero_division=0) == pytest.approx(best)


def test_a_rare_class_takes_the_threshold_of_all() -> None:
    members = np.zeros((100, 2), np.float32)
    members[:50, 0] = 1
    members[99, 1] = 1
    said = np.stack([np.linspace(1, 0, 100), np.full(100, 0.001)], axis=1)
    thresholds = fit_thresholds(members, said)
    assert thresholds[0] == thresholds[1] == pytest.approx((said[49, 0] + said[50, 0]) / 2, abs=1e-6)


@given(npst.arrays(np.float64, (5, 4), elements=st.floats(0.01, 1)))
def test_the_median_is_the_least_steps_off_in_the_mean(shares: np.ndarray) -> None:
    probabilities = shares / shares.sum(axis=1, keepdims=True)
    steps = np.abs(np.arange(4)[:, None] - np.arange(4)[None, :])
    expected = probabilities @ steps  # (N, C): steps off on average, where class c is said
    said = median_class(probabilities)
    np.testing.assert_allclose(expected[np.arange(5), said], expected.min(axis=1), atol=1e-9)


def test_what_logits_say() -> None:
    logits = np.array([[0.0], [2.0]])
    assert scores_of_logits(Target("number", (), 10.0, 3.0), logits).tolist() == [[10.0], [16.0]]
    two = np.array([[0.0, 1.0]])
    np.testing.assert_allclose(scores_of_logits(Target("multi", ("a", "b")), two), 1 / (1 + np.exp(-two)))
    np.testing.assert_allclose(scores_of_logits(Target("path", ("a > b", "a > c")), two).sum(axis=1), 1)


@given(
    npst.arrays(np.float64, (6, 3), elements=st.floats(-700, 700)),
    npst.arrays(np.int8, (6, 3), elements=st.integers(0, 1)),
)
def test_binary_losses_are_those_of_the_probabilities(logits: np.ndarray, labels: np.ndarray) -> None:
    there = np.where(labels > 0, sigmoid(logits), sigmoid(-logits))
    expected = np.where(there > 1e-300, -np.log(np.maximum(there, 1e-300)), np.abs(logits))
    np.testing.assert_allclose(binary_cross_entropy(logits, labels), expected, rtol=1e-9, atol=1e-12)


@given(MEMBERS, SHARES)
@settings(max_examples=40, deadline=None)
def test_average_precision_is_scikit_learns(members: np.ndarray, said: np.ndarray) -> None:
    there = [c for c in range(3) if members[:, c].any()]
    expected = [average_precision_score(members[:, c], said[:, c]) for c in there]
    assert mean_average_precision(members > 0, said) == pytest.approx(np.mean(expected) if there else 0)


def test_the_judge_says_what_scikit_learn_says() -> None:
    random = np.random.default_rng(0)
    values, said = random.normal(size=50), random.normal(size=(50, 1))
    score, loss = validation_score(Target("number", ()), values, said)
    assert score == pytest.approx(r2_score(values, said[:, 0]))
    assert loss == pytest.approx(np.mean((values - said[:, 0]) ** 2))
    members, shares = random.integers(0, 2, (50, 3)), random.random((50, 3))
    _, loss = validation_score(Target("multi", ("a", "b", "c")), members, shares)
    assert loss == pytest.approx(np.mean([log_loss(members[:, c], shares[:, c]) for c in range(3)]))
