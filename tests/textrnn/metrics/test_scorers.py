"""Scores of other kinds of target are scikit-learn's and scipy's, with and without weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.stats import pearsonr, spearmanr
from sklearn import metrics

from textrnn.metrics.scorers import multilabel_scorer, ordinal_scorer, path_scorer, regression_scorer

ONES = np.ones(24)
MEMBERS = npst.arrays(bool, (24, 3))
SHARES = npst.arrays(np.float64, (24, 3), elements=st.integers(0, 10).map(lambda x: x / 10))
VALUES = npst.arrays(np.float64, 24, elements=st.integers(-5, 5).map(float))
CODES = npst.arrays(np.int64, 24, elements=st.integers(0, 3))
DRAWN = npst.arrays(np.int64, 24, elements=st.integers(0, 3)).filter(lambda drawn: drawn.sum() > 0)
FEW = settings(max_examples=40, deadline=None)


@FEW
@given(MEMBERS, SHARES, MEMBERS)
def test_several_labels(members: np.ndarray, said: np.ndarray, predictions: np.ndarray) -> None:
    found = multilabel_scorer(members, said, predictions)(ONES)
    there = [c for c in range(3) if (members | predictions)[:, c].any()]
    each = metrics.f1_score(members, predictions, average=None, zero_division=0)
    if there:
        assert found["macro_f1"] == pytest.approx(each[there].mean())
        assert found["micro_f1"] == pytest.approx(
            metrics.f1_score(members, predictions, average="micro", zero_division=0)
        )
    ranked = [c for c in range(3) if members[:, c].any()]
    if ranked:
        expected = [metrics.average_precision_score(members[:, c], said[:, c]) for c in ranked]
        assert found["average_precision"] == pytest.approx(np.mean(expected))
    assert found["exact_match"] == pytest.approx(metrics.accuracy_score(members, predictions))
    losses = [metrics.log_loss(members[:, c], said[:, c], labels=[False, True]) for c in range(3)]
    assert found["log_loss"] == pytest.approx(np.mean(losses))


@FEW
@given(VALUES, VALUES)
def test_numbers(values: np.ndarray, said: np.ndarray) -> None:
    found = regression_scorer(values, said)(ONES)
    assert found["mean_squared_error"] == pytest.approx(metrics.mean_squared_error(values, said))
    assert found["mean_absolute_error"] == pytest.approx(metrics.mean_absolute_error(values, said))
    assert found["root_mean_squared_error"] ** 2 == pytest.approx(found["mean_squared_error"])
    if np.ptp(values):
        assert found["r2"] == pytest.approx(metrics.r2_score(values, said))
    if np.ptp(values) and np.ptp(said):
        assert found["spearman"] == pytest.approx(spearmanr(values, said).statistic)
        assert found["pearson"] == pytest.approx(pearsonr(values, said).statistic)
    else:
        assert np.isnan(found["spearman"])
        assert np.isnan(found["pearson"])


@FEW
@given(CODES, CODES)
def test_orders(labels: np.ndarray, predictions: np.ndarray) -> None:
    found = ordinal_scorer(labels, predictions, 4)(ONES)
    assert found["mean_absolute_error"] == pytest.approx(np.abs(labels - predictions).mean())
    if np.ptp(labels) and np.ptp(predictions):
        expected = metrics.cohen_kappa_score(labels, predictions, weights="quadratic", labels=[0, 1, 2, 3])
        assert found["quadratic_kappa"] == pytest.approx(expected)
        assert found["spearman"] == pytest.approx(spearmanr(labels, predictions).statistic)


def test_paths() -> None:
    names = ["a > x > 1", "a > x > 2", "a > y > 1", "b > x"]
    labels, predictions = np.array([0, 0, 0, 0]), np.array([0, 1, 2, 3])
    found = path_scorer(labels, predictions, names)(np.ones(4))
    assert found["accuracy_level_1"] == 3 / 4
    assert found["accuracy_level_2"] == 2 / 4
    # shared ancestors 3, 2, 1, 0; sizes 3 and 3, 3, 3, 2
    assert found["hierarchical_f1"] == pytest.approx(2 * 6 / (12 + 11))


@FEW
@given(MEMBERS, SHARES, VALUES, VALUES, CODES, CODES, DRAWN)
def test_a_weight_is_so_many_copies(
    members: np.ndarray,
    said: np.ndarray,
    values: np.ndarray,
    numbers: np.ndarray,
    labels: np.ndarray,
    predictions: np.ndarray,
    drawn: np.ndarray,
) -> None:
    rows = np.repeat(np.arange(24), drawn)
    ones = np.ones(len(rows))
    names = ["a > x", "a > y", "b > x", "b > y"]
    pairs = [
        (multilabel_scorer(members, said, said > 0.5), multilabel_scorer(members[rows], said[rows], said[rows] > 0.5)),
        (regression_scorer(values, numbers), regression_scorer(values[rows], numbers[rows])),
        (ordinal_scorer(labels, predictions, 4), ordinal_scorer(labels[rows], predictions[rows], 4)),
        (path_scorer(labels, predictions, names), path_scorer(labels[rows], predictions[rows], names)),
    ]
    for weighed, copied in pairs:
        expected = copied(ones)
        for name, value in weighed(drawn.astype(np.float64)).items():
            assert value == pytest.approx(expected[name], nan_ok=True, abs=1e-9), name
