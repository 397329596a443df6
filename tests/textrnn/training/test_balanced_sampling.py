"""Unequal classes: weights and draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_sample_weight

from textrnn.data.row_weights import balanced_weights
from textrnn.training.balanced_sampling import rarest_class, sample_balanced

CODES = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.array)


@given(CODES)
def test_weights_are_scikit_learns(codes: np.ndarray) -> None:
    weights = balanced_weights(codes).take(np.arange(len(codes)))
    np.testing.assert_allclose(weights, compute_sample_weight("balanced", codes), rtol=1e-5)
    targets = np.eye(5, dtype=np.float32)[codes]
    np.testing.assert_allclose(balanced_weights(targets).take(np.arange(len(codes))), weights, rtol=1e-5)


def test_a_text_that_says_nothing_counts_one() -> None:
    targets = np.array([[1, 0], [0, 1], [0, 1], [0, 0]], np.float32)
    assert balanced_weights(targets).take(np.arange(4)).tolist() == pytest.approx([1.5, 0.75, 0.75, 1.0])


def test_of_several_labels_presence_counts_as_much_as_absence() -> None:
    members = np.array([[1, 0], [0, 0], [0, 1], [0, 1]], np.float32)
    weights = balanced_weights(members, exclusive=False).take(np.arange(4))
    for c in range(2):
        there = members[:, c] > 0
        assert weights[there, c].sum() == pytest.approx(weights[~there, c].sum())
        assert weights[:, c].mean() == pytest.approx(1)


@given(CODES, st.integers(0, 3))
def test_every_class_is_drawn_as_often_and_no_text_before_all_others_of_its_class(
    codes: np.ndarray, epoch: int
) -> None:
    drawn = sample_balanced(codes, seed=1, epoch=epoch)
    assert len(drawn) == len(codes)
    times = np.bincount(codes[drawn], minlength=5)[np.unique(codes)]
    assert times.max() - times.min() <= 1
    each = np.bincount(drawn, minlength=len(codes))
    for code in np.unique(codes):
        assert np.ptp(each[codes == code]) <= 1
    assert np.array_equal(drawn, sample_balanced(codes, seed=1, epoch=epoch))


def test_every_epoch_is_drawn_anew() -> None:
    codes = np.arange(100) % 3
    assert not np.array_equal(sample_balanced(codes, seed=1, epoch=0), sample_balanced(codes, seed=1, epoch=1))


def test_what_is_drawn_stays_the_same_from_version_to_version() -> None:
    assert sample_balanced(np.array([0, 0, 0, 0, 1, 2]), seed=1, epoch=0).tolist() == [2, 4, 4, 5, 1, 5]


def test_the_rarest_of_several_labels_is_drawn_by() -> None:
    members = np.zeros((10, 2), np.float32)
    members[:, 0] = 1
    members[9, 1] = 1
    assert (sample_balanced(members, seed=0, epoch=0) == 9).sum() == 5


def test_how_rare_a_class_is_is_summed_to_the_last_digit() -> None:
    """In float32 a thousand shares of a hundred-millionth add nothing to 1."""
    members = np.full((1001, 2), 1e-8, np.float32)
    members[0], members[:, 1] = 1, 0
    members[:2, 1] = 1, 1e-6
    assert rarest_class(members)[0] == 1, "1.000001 is less than 1.00001"
