from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.text import cooccurrence
from textrnn.text.cooccurrence import FIRST_TOKEN_ID, count_cooccurrences, factorize_cooccurrences, positive_pmi
from textrnn.text.ragged import Ragged, ragged

VOCABULARY = 9
texts = st.lists(st.lists(st.integers(0, VOCABULARY - 1), max_size=12), min_size=1, max_size=6)


def counted_by_hand(rows: list[list[int]], window: int) -> np.ndarray:
    company = np.zeros((VOCABULARY, VOCABULARY))
    for row in rows:
        for i, j in combinations(range(len(row)), 2):
            if j - i <= window and min(row[i], row[j]) >= FIRST_TOKEN_ID:
                company[row[i], row[j]] += (window + 1 - (j - i)) / window
                company[row[j], row[i]] += (window + 1 - (j - i)) / window
    return company


@given(rows=texts, window=st.integers(1, 6), together=st.integers(1, 40))
def test_company_is_what_counting_by_hand_finds(rows: list[list[int]], window: int, together: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cooccurrence, "SLICE_TOKENS", together)  # however the texts are sliced
        found = count_cooccurrences(ragged(rows), VOCABULARY, window=window).toarray()
    np.testing.assert_allclose(found, counted_by_hand(rows, window), atol=1e-12)


@given(rows=texts)
def test_information_is_the_formula(rows: list[list[int]]) -> None:
    company = counted_by_hand(rows, 2)
    alone = company.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_company = alone**0.75 / (alone**0.75).sum()
        expected = np.log(company / company.sum() / np.outer(alone / alone.sum(), p_company))
    expected = np.where(np.isfinite(expected), np.maximum(expected, 0), 0)
    found = positive_pmi(count_cooccurrences(ragged(rows), VOCABULARY, window=2)).toarray()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def topics() -> Ragged:
    """Texts of one topic each: tokens 2 to 11 keep company, and 12 to 21 do; 22 never stands there."""
    chance = np.random.default_rng(0)
    return ragged([chance.integers(2, 12, 30) + 10 * (i % 2) for i in range(60)])


def test_tokens_of_a_topic_come_to_lie_together() -> None:
    vectors = factorize_cooccurrences(topics(), 23, size=2, window=5)
    known = vectors[2:22] / np.linalg.norm(vectors[2:22], axis=1, keepdims=True)
    alike = known @ known.T
    assert alike[:10, :10].min() > 0.5 > alike[:10, 10:].max()
    assert not vectors[[0, 1, 22]].any()


def test_all_columns_together_give_the_matrix_back() -> None:
    """U sqrt(S) sqrt(S) V' is the matrix; of the symmetric part U is V but for signs."""
    rows = topics()
    mutual = positive_pmi(count_cooccurrences(rows, 23, window=5)).toarray()
    vectors = factorize_cooccurrences(rows, 23, size=22, window=5).astype(float)
    left, values, _ = np.linalg.svd(mutual)
    expected = (left * values) @ left.T
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-3)


def test_equal_rows_give_equal_bytes_and_no_text_gives_zeros() -> None:
    assert (
        factorize_cooccurrences(topics(), 23, size=4, window=5).tobytes()
        == factorize_cooccurrences(topics(), 23, size=4, window=5).tobytes()
    )
    assert not factorize_cooccurrences(ragged([[]]), 23, size=4, window=5).any()
    assert factorize_cooccurrences(topics(), 23, size=40, window=5).shape == (23, 40)
