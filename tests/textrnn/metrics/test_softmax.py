"""The softmax: scipy's, for any logits."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax as reference

from textrnn.metrics.softmax import softmax

LOGITS = arrays(np.float64, st.tuples(st.integers(0, 5), st.integers(1, 4)), elements=st.floats(-1e6, 1e6))


@given(LOGITS)
def test_it_is_that_of_scipy(logits: np.ndarray) -> None:
    np.testing.assert_allclose(softmax(logits), reference(logits, axis=1), atol=1e-15)


def test_logits_of_any_size_give_probabilities() -> None:
    assert softmax(np.array([[1e4, 1e4], [1e4, -1e4], [-1e4, -1e4]])).tolist() == [[0.5, 0.5], [1, 0], [0.5, 0.5]]
