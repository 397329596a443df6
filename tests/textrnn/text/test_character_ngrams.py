"""N-grams of characters: the counts of scikit-learn's own analyzers, and nothing of other rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from textrnn.text.character_ngrams import CharacterNgrams, characters_of, count_across_words, count_in_words
from textrnn.text.ngrams import ngram_words
from textrnn.text.ragged import Ragged, ragged

WORD = st.text("abéß語😀", min_size=1, max_size=6)
TABLE = st.lists(WORD, min_size=2, max_size=6, unique=True)
TEXTS = st.lists(st.lists(st.integers(0, 1), max_size=5), min_size=1, max_size=6)


def texts_of(table: Sequence[str], rows: Ragged, between: str) -> list[str]:
    return [between.join(table[word] for word in row) for row in rows]


def dense(found: CharacterNgrams, counts: object, names: Sequence[str]) -> np.ndarray:
    """The counts with columns in the order of `names`."""
    place = {"".join(map(chr, points)): column for column, points in enumerate(ngram_words(found.ngrams))}
    assert sorted(place) == sorted(names)
    return counts.toarray()[:, [place[name] for name in names]]


@given(TABLE, TEXTS, TEXTS, st.integers(1, 2), st.integers(1, 2), st.integers(2, 5))
def test_within_words_they_are_those_of_char_wb(table, train, other, least, shortest, longest):
    shortest = min(shortest + 1, longest)
    rows, held_out = ragged(train), ragged(other)
    theirs = CountVectorizer(analyzer="char_wb", ngram_range=(shortest, longest), lowercase=False, min_df=least)
    try:
        expected = theirs.fit_transform(texts_of(table, rows, " "))
    except ValueError:  # it refuses an empty vocabulary
        expected = None
    ours, counts = count_in_words(
        table, rows, shortest=shortest, longest=longest, min_documents=least, max_features=1000
    )
    if expected is None:
        assert counts.shape == (len(rows), 0)
        return
    names = theirs.get_feature_names_out().tolist()
    np.testing.assert_array_equal(dense(ours, counts, names), expected.toarray())
    wanted = theirs.transform(texts_of(table, held_out, " ")).toarray()
    np.testing.assert_array_equal(dense(ours, ours.count(held_out), names), wanted)


@given(TABLE, TEXTS, TEXTS, st.integers(1, 2), st.integers(1, 3))
def test_across_words_they_are_those_of_the_joined_text(table, train, other, least, longest):
    rows, held_out = ragged(train), ragged(other)
    theirs = CountVectorizer(analyzer="char", ngram_range=(1, longest), lowercase=False, min_df=least)
    try:
        expected = theirs.fit_transform(texts_of(table, rows, ""))
    except ValueError:
        return
    ours, counts = count_across_words(table, rows, longest=longest, min_documents=least, max_features=1000)
    names = theirs.get_feature_names_out().tolist()
    np.testing.assert_array_equal(dense(ours, counts, names), expected.toarray())
    wanted = theirs.transform(texts_of(table, held_out, "")).toarray()
    np.testing.assert_array_equal(dense(ours, ours.count(held_out), names), wanted)


def test_tfidf_of_them_is_that_of_scikit_learn():
    table, rows = ["walk", "walking", "talked", "a"], ragged([[0, 1, 1], [2, 3], [1, 3, 0, 0]])
    theirs = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    expected = theirs.fit_transform(texts_of(table, rows, " ")).toarray()
    ours, counts = count_in_words(table, rows, shortest=3, longest=5, min_documents=1, max_features=1000)
    weighed = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    np.testing.assert_allclose(dense(ours, weighed, theirs.get_feature_names_out().tolist()), expected, atol=1e-12)


def test_the_most_frequent_are_kept_and_the_shorter_of_equals():
    found, counts = count_in_words(
        ["aaa", "b"], ragged([[0, 1], [0]]), shortest=3, longest=4, min_documents=1, max_features=4
    )
    assert found.names() == ["aa…", "…aa", "…aaa…", "aaa…"]
    assert counts.toarray().tolist() == [[1, 1, 1, 1], [1, 1, 1, 1]]


def test_words_of_other_rows_alone_change_nothing():
    rows = ragged([[0, 2], [2, 2]])
    one, counts = count_in_words(
        ["maps", "zzz", "mops"], rows, shortest=3, longest=5, min_documents=1, max_features=1000
    )
    other, again = count_in_words(
        ["maps", "mapsmops", "mops"], rows, shortest=3, longest=5, min_documents=1, max_features=1000
    )
    assert one.names() == other.names()
    np.testing.assert_array_equal(counts.toarray(), again.toarray())
    assert one.count(ragged([[1]])).toarray().any() == 0
    assert other.count(ragged([[1]])).toarray().any()


def test_characters_beyond_the_first_plane_are_one_each():
    assert [row.tolist() for row in characters_of(["😀", "é"])] == [[0x1F600], [0xE9]]


def test_across_words_every_length_is_read():
    with pytest.raises(ValueError, match="expected 1, found 2"):
        count_across_words(["a"], ragged([[0]]), shortest=2, longest=3, min_documents=1, max_features=9)
