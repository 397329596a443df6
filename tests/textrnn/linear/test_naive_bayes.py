"""NB-LR: naive Bayes by hand, and one regression a class against the rest."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from textrnn.linear.naive_bayes import fit_one_vs_rest, naive_bayes_ratios, normalize_binary_rows


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_ratios_are_those_of_the_definition(classes: int) -> None:
    chance = np.random.default_rng(0)
    counts = sparse.csr_array(chance.poisson(0.5, (60, 17)).astype(float))
    labels = chance.integers(0, classes, 60)
    there = counts.toarray() > 0
    for c in range(classes):
        inside, outside = (there[tabular].sum(axis=0) + 1 for tabular in (labels == c, labels != c))
        expected = np.log(inside / inside.sum()) - np.log(outside / outside.sum())
        np.testing.assert_allclose(naive_bayes_ratios(counts, labels, classes)[:, c], expected, atol=1e-12)


def test_a_row_is_a_set_of_length_one() -> None:
    counts = sparse.csr_array(np.array([[3.0, 0, 1], [0, 0, 0], [0, 7, 0]]))
    np.testing.assert_allclose(normalize_binary_rows(counts).toarray(), [[0.5**0.5, 0, 0.5**0.5], [0, 0, 0], [0, 1, 0]])


def test_a_class_that_is_not_there_is_what_the_others_are_not() -> None:
    counts = sparse.csr_array(np.eye(6))
    labels = np.array([0, 1, 0, 1, 0, 1])
    weights, bias = fit_one_vs_rest(normalize_binary_rows(counts), naive_bayes_ratios(counts, labels, 3), labels, 1.0)
    assert not weights[:, 2].any()
    assert bias[2] == pytest.approx(np.log(0.5 / 6.5))
    logits = normalize_binary_rows(counts) @ weights + bias
    assert (logits.argmax(axis=1) == labels).all()
