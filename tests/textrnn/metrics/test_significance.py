"""Tests and intervals equal references; a winner needs evidence."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from textrnn.metrics.metrics import single_scorer
from textrnn.metrics.significance import (
    bootstrap_intervals,
    compare,
    draw_weights,
    mcnemar,
    wilson_interval,
)


def who_was_right(only_first: int, only_second: int, both: int = 50):
    first = np.array([True] * both + [True] * only_first + [False] * only_second, dtype=bool)
    second = np.array([True] * both + [False] * only_first + [True] * only_second, dtype=bool)
    return first, second


PAIRS = [(1, 0), (3, 9), (12, 12), (0, 24), (25, 0), (15, 10), (100, 140), (30, 30), (4000, 4200)]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_the_test_and_its_interval_equal_scipys(a, b):
    found = mcnemar(*who_was_right(a, b))
    expected = stats.binomtest(a, a + b)
    assert (found.only_first, found.only_second) == (a, b)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.p_value == mcnemar(*who_was_right(b, a)).p_value
    ends = expected.proportion_ci(0.95, "exact")
    assert found.share == pytest.approx((ends.low, ends.high))


def test_right_on_the_same_examples_is_no_evidence():
    found = compare(*who_was_right(0, 0))
    assert (found.mcnemar.p_value, found.interval, found.winner) == (1.0, None, None)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 50))
def test_test_and_interval_never_disagree(a, b, both):
    """A winner is named exactly where its interval excludes 0, and on the side that is ahead."""
    found = compare(*who_was_right(a, b, both))
    if found.interval is None:
        assert a + b == 0
        return
    low, high = found.interval
    assert low <= found.difference <= high
    assert (found.winner is not None) == (not low <= 0 <= high) == (found.mcnemar.p_value < 0.05)
    if found.winner:
        assert (found.winner == "first") == (a > b)


def test_a_resample_draws_as_many_rows_and_the_same_for_a_seed():
    first, again, other = (list(draw_weights(40, 5, seed)) for seed in (1, 1, 2))
    assert all(weights.sum() == 40 for weights in first)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_interval_of_accuracy_is_the_binomial_one():
    labels = np.zeros(2000, np.int64)
    probabilities = np.tile([[0.9, 0.1]], (2000, 1))
    probabilities[:300] = [0.2, 0.8]
    intervals = bootstrap_intervals(single_scorer(labels, probabilities), 2000, resamples=2000, seed=0)
    low, high = stats.binom.ppf([0.025, 0.975], 2000, 0.85) / 2000
    assert intervals["accuracy"] == pytest.approx((low, high), abs=0.002)
    assert "roc_auc" not in intervals  # one class alone: not defined


def test_no_resamples_no_intervals():
    assert bootstrap_intervals(lambda weights: {"x": 1.0}, 10, resamples=0, seed=0) == {}


def test_the_comparison_is_paired():
    """Two classifiers that differ on one example: the interval is as narrow as that, not as wide as two accuracies'."""
    random = np.random.default_rng(0)
    first = random.random(1000) < 0.7
    second = first.copy()
    second[0] = ~second[0]
    low, high = compare(first, second).interval
    assert high - low <= 0.004


@pytest.mark.parametrize(("a", "b", "winner"), [(60, 20, "first"), (20, 60, "second"), (30, 25, None), (0, 0, None)])
def test_the_winner_is_the_one_that_is_shown(a, b, winner):
    found = compare(*who_was_right(a, b, 400))
    assert found.winner == winner
    assert found.difference == pytest.approx((a - b) / (400 + a + b))


def test_wilson_equals_scipys():
    hits, totals = np.array([0, 3, 10, 97, 0]), np.array([5, 7, 10, 100, 0])
    low, high = wilson_interval(hits, totals)
    for i in range(4):
        expected = stats.binomtest(int(hits[i]), int(totals[i])).proportion_ci(method="wilson")
        assert (low[i], high[i]) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert (low[4], high[4]) == (0, 1)


def test_a_thousand_resamples_take_no_coffee_break():
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(2), 10_000)
    score = single_scorer(random.integers(0, 2, 10_000), probabilities)
    start = time.perf_counter()
    bootstrap_intervals(score, 10_000, resamples=1000, seed=0)
    assert time.perf_counter() - start < 10  # measured: 0.4 s
