"""Counts equal scikit-learn's CountVectorizer on the same tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from textrnn.text import count_ngrams as counting
from textrnn.text import ngrams as module
from textrnn.text.count_ngrams import apply_ngrams, count_ngrams, count_ngrams_each
from textrnn.text.ngrams import find_ngrams, ngram_words
from textrnn.text.ragged import ragged

TEXTS = st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=1, max_size=8)


def by_name(ngrams, matrix):
    """Counts of each row by n-gram: what hangs on no order of columns."""
    names = ngram_words(ngrams)
    dense = matrix.toarray()
    return [{names[j]: int(row[j]) for j in np.flatnonzero(row)} for row in dense]


def reference(train, other, longest, min_documents):
    vectorizer = CountVectorizer(analyzer=lambda row: grams(row, longest), min_df=min_documents)
    try:
        train_counts = vectorizer.fit_transform(train)
    except ValueError:  # it refuses an empty vocabulary
        return [{} for _ in train], [{} for _ in other]
    names = vectorizer.get_feature_names_out()
    return tuple(
        [{tuple(map(int, names[j].split())): int(row[j]) for j in np.flatnonzero(row)} for row in counts.toarray()]
        for counts in (train_counts, vectorizer.transform(other))
    )


def grams(row, longest):
    return [" ".join(map(str, row[i : i + n])) for n in range(1, longest + 1) for i in range(len(row) - n + 1)]


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 3), st.integers(1, 3))
def test_counts_equal_count_vectorizers(train, other, longest, min_documents):
    ngrams, counts = count_ngrams(ragged(train), longest=longest, min_documents=min_documents, max_features=10**6)
    expected_train, expected_other = reference(train, other, longest, min_documents)
    assert by_name(ngrams, counts) == expected_train
    assert by_name(ngrams, apply_ngrams(ngrams, ragged(other))) == expected_other


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 12))
def test_only_the_most_frequent_are_kept_ties_to_the_shorter(train, most):
    every, counts = count_ngrams(ragged(train), longest=3, min_documents=1, max_features=10**6)
    totals = np.asarray(counts.sum(axis=0)).ravel()
    order = sorted(zip(-totals, (len(name) for name in ngram_words(every)), ngram_words(every), strict=True))
    expected = {name for _, _, name in order[:most]}
    fewer, cut = count_ngrams(ragged(train), longest=3, min_documents=1, max_features=most)
    assert set(ngram_words(fewer)) == expected
    assert cut.shape == (len(train), len(expected))
    applied = apply_ngrams(fewer, ragged(train))
    np.testing.assert_array_equal(applied.toarray(), cut.toarray())


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.lists(st.integers(1, 3), max_size=3), st.integers(1, 12))
def test_several_lengths_in_one_pass_are_each_as_alone(train, longest, most):
    found = count_ngrams_each(ragged(train), longest=longest, min_documents=1, max_features=most)
    assert len(found) == len(longest)
    for (ngrams, counts), length in zip(found, longest, strict=True):
        alone, expected = count_ngrams(ragged(train), longest=length, min_documents=1, max_features=most)
        assert ngram_words(ngrams) == ngram_words(alone)
        assert len(ngrams.levels) == length
        np.testing.assert_array_equal(counts.toarray(), expected.toarray())


def test_ngrams_do_not_cross_rows():
    ngrams, _ = count_ngrams(ragged([[0, 1], [2, 3]]), longest=3, min_documents=1, max_features=100)
    assert set(ngram_words(ngrams)) == {(0,), (1,), (2,), (3,), (0, 1), (2, 3)}


def test_matrix_is_what_solvers_want():
    _, counts = count_ngrams(ragged([[3, 1, 3], [], [1, 3]]), longest=2, min_documents=1, max_features=100)
    assert counts.format == "csr"
    assert (counts.dtype, counts.indices.dtype) == (np.float64, np.int32)
    assert counts.has_canonical_format
    assert counts.shape[0] == 3


@pytest.mark.parametrize("rows", [[[]], [[], []]])
def test_nothing_to_count(rows):
    ngrams, counts = count_ngrams(ragged(rows), longest=3, min_documents=1, max_features=5)
    assert (ngrams.features, counts.shape) == (0, (len(rows), 0))
    assert apply_ngrams(ngrams, ragged([[1, 2]])).shape == (1, 0)


def test_codes_too_large_to_pair_with_a_row_are_numbered_anew():
    random = np.random.default_rng(0)
    values, rows = random.integers(-1, 6, 200), np.sort(random.integers(0, 9, 200))
    small = counting._pair(values, rows, 9)
    for first in (0, 4):  # of them all, or of some
        large = counting._pair(np.where(values < first, values, values + 2**61), rows, 9)
        np.testing.assert_array_equal(large.codes, np.where(small.codes < first, small.codes, small.codes + 2**61))
        for name in ("which", "rows", "counts"):
            np.testing.assert_array_equal(getattr(large, name), getattr(small, name))


def test_search_and_table_find_the_same_places(monkeypatch):
    codes = np.array([2, 5, 9, 40])
    values = np.array([-1, 0, 2, 5, 41, 40, 39, 10**12])
    expected = [-1, -1, 0, 1, -1, 3, -1, -1]
    assert module.find_positions(values, codes).tolist() == expected  # few values for such codes: a search
    assert module.find_positions(np.tile(values, 9), codes).tolist() == expected * 9  # many: a table
    monkeypatch.setattr(module, "_prefers_table", lambda *_: False)
    for many, top in ((0, 40), (0, 2**60), (1000, 2**60)):  # sorted first; too large to be sorted with their places
        monkeypatch.setattr(module, "SORT_FROM", many)
        assert module.find_positions(np.tile(np.append(values, top), 9), np.append(codes[:3], top)).tolist() == (
            [-1, -1, 0, 1, -1, 3 if top == 40 else -1, -1, -1, 3] * 9
        )


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, st.integers(1, 20))
def test_found_ngrams_are_the_counts_by_row(train, other, most):
    ngrams, _ = count_ngrams(ragged(train), longest=3, min_documents=1, max_features=most)
    found = find_ngrams(ngrams, ragged(other))
    names = ngram_words(ngrams)
    assert len(found.offsets) == len(other) + 1
    for i, row in enumerate(other):
        part = slice(found.offsets[i], found.offsets[i + 1])
        columns = found.columns[part].tolist()
        assert columns == sorted(set(columns))
        counted = {}
        for n in (1, 2, 3):
            for start in range(len(row) - n + 1):
                counted[tuple(row[start : start + n])] = counted.get(tuple(row[start : start + n]), 0) + 1
        known = {name: times for name, times in counted.items() if name in set(names)}
        assert dict(zip((names[c] for c in columns), found.counts[part].tolist(), strict=True)) == known


def test_a_pair_at_the_edge_of_64_bits_does_not_overflow():
    largest = np.iinfo(np.int64).max // 3
    pairs = counting._pair(np.array([largest, 5]), np.array([2, 0]), 3)
    assert (pairs.codes.tolist(), pairs.rows.tolist()) == ([5, largest], [0, 2])
