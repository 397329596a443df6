"""Ridge regression: scikit-learn's, on sparse n-grams."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge

from textrnn.linear.ridge import fit_ridge, median_split_log_ratios


@pytest.mark.parametrize("inverse_penalty", [0.1, 1.0, 16.0])
def test_equal_to_scikit_learns(inverse_penalty: float) -> None:
    random = np.random.default_rng(0)
    table = sparse.random_array((80, 30), density=0.2, rng=random, format="csr")
    values = table @ random.normal(size=30) + 5 + random.normal(size=80)
    weights, bias = fit_ridge(table, values, inverse_penalty)
    model = Ridge(alpha=1 / inverse_penalty, fit_intercept=False, tol=1e-10).fit(table, values - values.mean())
    np.testing.assert_allclose(weights, model.coef_, atol=1e-4)
    assert np.mean(table @ weights + bias) == pytest.approx(values.mean())


def test_without_ngrams_the_mean_is_predicted() -> None:
    weights, bias = fit_ridge(sparse.csr_array((3, 2)), np.array([1.0, 2.0, 6.0]), 1.0)
    assert (weights.tolist(), bias) == ([0.0, 0.0], 3.0)


def test_ngrams_of_high_numbers_weigh_above_zero() -> None:
    counts = sparse.csr_array(np.array([[1, 0], [1, 0], [0, 1], [0, 1]]))
    low, high = median_split_log_ratios(counts, np.array([1.0, 2.0, 8.0, 9.0]))
    assert low < 0 < high
