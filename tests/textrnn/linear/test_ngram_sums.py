"""The sums of n-gram weights in C: the bits of numpy's, with an index and without, for any rows."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrnn.kernels.library import SWITCH_VARIABLE, find_library
from textrnn.linear import ngram_branch as module
from textrnn.linear.ngram_branch import NgramBranch, empty_branch, ngram_logits
from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.ngrams import Level, Ngrams
from textrnn.text.ragged import Ragged, ragged

pytestmark = pytest.mark.skipif(find_library() is None, reason="needs the kernels")


def made_branch(seed: int, *, classes: int, words: int, longest: int, features: int) -> tuple[NgramBranch, Ragged]:
    """A branch on n-grams of made-up rows, some too rare for a column, and others' rows with words it never saw."""
    random = np.random.default_rng(seed)
    lengths = [0, 1, 2, 40, 49, 300, *random.integers(0, 30, 200)]
    rows = ragged([(words * random.random(length) ** 3).astype(np.int32) for length in lengths])
    ngrams, _ = count_ngrams(rows, longest=longest, min_documents=1, max_features=features)
    weights = random.standard_normal((ngrams.features, classes)).astype(np.float32)
    others = ragged([(1.1 * words * random.random(length) ** 3).astype(np.int32) for length in lengths])
    return NgramBranch(ngrams, weights, random.standard_normal(classes).astype(np.float32)), others


def by_numpy(branch: NgramBranch, rows: Ragged) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SWITCH_VARIABLE, "0")
        return ngram_logits(branch, rows)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    classes=st.sampled_from([1, 2, 5, 17]),
    words=st.sampled_from([3, 40, 3000]),
    longest=st.integers(1, 3),
    features=st.sampled_from([10, 700, 20_000]),
    many=st.sampled_from([0, 1 << 30]),
)
def test_the_sums_are_the_bits_of_numpy(
    seed: int, classes: int, words: int, longest: int, features: int, many: int
) -> None:
    branch, rows = made_branch(seed, classes=classes, words=words, longest=longest, features=features)
    expected = by_numpy(branch, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MANY_TOKENS", many)  # 0: with an index
        assert np.array_equal(ngram_logits(branch, rows), expected)
    assert np.ptp(expected) > 0.1


def test_a_row_has_the_same_bits_alone() -> None:
    branch, rows = made_branch(1, classes=2, words=500, longest=3, features=5000)
    together = ngram_logits(branch, rows)
    for row in range(len(rows)):
        assert np.array_equal(ngram_logits(branch, ragged([rows[row]]))[0], together[row])


def test_rows_without_ngrams_say_nothing() -> None:
    branch, _ = made_branch(2, classes=3, words=50, longest=2, features=100)
    for rows in (ragged([[], []]), ragged([[10_000, 20_000], []]), ragged([])):
        assert np.array_equal(ngram_logits(branch, rows), np.tile(branch.bias.astype(np.float64), (len(rows), 1)))
    assert ngram_logits(empty_branch(2), ragged([[1, 2]])).tolist() == [[0.0, 0.0]]


def test_an_id_that_no_token_has_takes_no_memory() -> None:
    """A file may say so: a table with a place for each id below it would have 8 GB."""
    codes, columns = np.array([3, (1 << 31) - 1]), np.array([0, 1])
    branch = NgramBranch(Ngrams((Level(codes, columns),), 2), np.ones((2, 1), np.float32), np.zeros(1, np.float32))
    assert ngram_logits(branch, ragged([[3, 4]])).tolist() == [[1.0]]
    assert branch.table.levels[0].words == 4


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda branch: pickle.loads(pickle.dumps(branch))])
def test_a_copy_has_the_same_logits(copied: object) -> None:
    branch, rows = made_branch(3, classes=2, words=50, longest=2, features=100)
    expected = ngram_logits(branch, rows)
    assert np.array_equal(ngram_logits(copied(branch), rows), expected)  # type: ignore[operator]
