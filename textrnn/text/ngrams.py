"""Sparse n-gram counts from rows of word numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.text.ragged import Ragged

Int = NDArray[np.int64]


@dataclass(frozen=True)
class Level:
    """The n-grams of one length that stand in enough texts, G of them.

    `codes` (G,) int64, rising: of a single word its word number; of a longer n-gram (place of its first n - 1 words
    in the level below) * (how many single words were kept) + (place of its last word in the first level).
    `columns` (G,) int64: its column in the matrix of counts, -1 where it is too rare to have one.
    """

    codes: Int
    columns: Int


@dataclass(frozen=True)
class Ngrams:
    """The n-grams that were chosen: `levels[n - 1]` holds those of n words, `features` is the number of columns.

    Codes are in no danger of overflow: both factors count n-grams that were found, not those that could be.
    """

    levels: tuple[Level, ...]
    features: int


@dataclass(frozen=True)
class _Pairs:
    """Which n-gram stands in which row how often: P pairs over G distinct `codes` (G,), rising.

    `which` (P,) int64 are places in `codes`, rising; `rows` (P,) int64; `counts` (P,) int64.
    """

    codes: Int
    which: Int
    rows: Int
    counts: Int


def count_ngrams(
    rows: Ragged, *, longest: int, min_documents: int, max_features: int
) -> tuple[Ngrams, sparse.csr_array]:
    """Choose the n-grams of 1 to `longest` words of `rows` and count them, as float64 CSR (N, features).

    Kept are the n-grams in at least `min_documents` rows, of these the `max_features` most frequent; ties go to the
    shorter one, then to the lower word numbers. N-grams do not cross rows. The same as scikit-learn's
    `CountVectorizer`, but for the order of the columns and of ties.

    An n-gram in enough texts has a start and a last word in enough texts (Agrawal & Srikant 1994, "Fast algorithms
    for mining association rules"), so each level looks only at what the level below kept.
    """
    (counted,) = count_ngrams_each(rows, longest=[longest], min_documents=min_documents, max_features=max_features)
    return counted


def count_ngrams_each(
    rows: Ragged, *, longest: Sequence[int], min_documents: int, max_features: int
) -> list[tuple[Ngrams, sparse.csr_array]]:
    """Return the result of `count_ngrams` for each of the lengths `longest`, in one pass over the rows."""
    row_of = _row_of(rows)
    levels: list[Level] = []
    found: list[_Pairs] = []
    totals: list[Int] = []
    values = np.asarray(rows.flat, dtype=np.int64)
    for length in range(1, max(longest, default=0) + 1):
        if length > 1:
            values = _lengthen(rows, row_of, values, levels)
        pairs = _pair(values, row_of, len(rows))
        enough = np.bincount(pairs.which, minlength=len(pairs.codes)) >= min_documents
        total = np.bincount(pairs.which, weights=pairs.counts, minlength=len(pairs.codes))[enough]
        codes = pairs.codes[enough]
        levels.append(Level(codes, np.full(len(codes), -1, np.int64)))
        found.append(pairs)
        totals.append(total.astype(np.int64))
    counted = []
    for length in longest:
        columns = _choose(totals[:length], max_features)
        chosen = tuple(Level(level.codes, column) for level, column in zip(levels, columns, strict=False))
        ngrams = Ngrams(chosen, sum(int((column >= 0).sum()) for column in columns))
        counted.append((ngrams, _matrix(ngrams, found[:length], len(rows))))
    return counted


def apply_ngrams(ngrams: Ngrams, rows: Ragged) -> sparse.csr_array:
    """Count the chosen `ngrams` in other `rows` of the same word numbers, as float64 CSR (N, features)."""
    row_of = _row_of(rows)
    values = np.asarray(rows.flat, dtype=np.int64)
    found = [_pair(values, row_of, len(rows))]
    for length in range(2, len(ngrams.levels) + 1):
        values = _lengthen(rows, row_of, values, list(ngrams.levels[: length - 1]))
        found.append(_pair(values, row_of, len(rows)))
    return _matrix(ngrams, found, len(rows))


def ngram_words(ngrams: Ngrams) -> list[tuple[int, ...]]:
    """Return the word numbers of the n-gram of each column."""
    by_column: list[tuple[int, ...]] = [()] * ngrams.features
    single = ngrams.levels[0].codes
    words = single[:, None]  # (G, length): the words of every n-gram of the level at hand
    for length, level in enumerate(ngrams.levels, start=1):
        if length > 1:
            start, last = np.divmod(level.codes, max(len(single), 1))
            words = np.concatenate([words[start], single[last][:, None]], axis=1)
        kept = level.columns >= 0
        for column, ngram in zip(level.columns[kept].tolist(), words[kept].tolist(), strict=True):
            by_column[column] = tuple(ngram)
    return by_column


def _row_of(rows: Ragged) -> Int:
    """The row of each token, (tokens,) int64."""
    return np.repeat(np.arange(len(rows), dtype=np.int64), rows.lengths)


def _lengthen(rows: Ragged, row_of: Int, values: Int, levels: list[Level]) -> Int:
    """Codes of the n-grams one word longer than those of the last of `levels`, -1 where there is none.

    `values` (tokens,) int64 are the codes of the n-grams that begin at each token; so is what is returned.
    """
    single, reach = levels[0].codes, len(levels)  # reach: words from the first of the longer n-gram to its last
    starts = _places(values, levels[-1].codes)
    words = starts if reach == 1 else _places(np.asarray(rows.flat, dtype=np.int64), single)
    longer = np.full(len(values), -1, np.int64)
    first, last = starts[:-reach], words[reach:]
    whole = (first >= 0) & (last >= 0) & (row_of[:-reach] == row_of[reach:])
    longer[: len(first)] = np.where(whole, first * len(single) + last, -1)
    return longer


def _places(values: Int, codes: Int) -> Int:
    """The place of each value in the rising `codes`, -1 where it is not there."""
    if not len(codes):
        return np.full(len(values), -1, np.int64)
    highest = int(codes[-1])
    if _prefers_table(highest, len(values)):
        table = np.full(highest + 2, -1, np.int64)  # the last entry stands for all that is higher, and for -1
        table[codes] = np.arange(len(codes))
        return table[np.minimum(np.where(values < 0, highest + 1, values), highest + 1)]
    place = np.minimum(np.searchsorted(codes, values), len(codes) - 1)
    return np.where(codes[place] == values, place, -1)


def _prefers_table(highest: int, count: int) -> bool:
    """Whether a table with a row for each code up to `highest` is quicker than `count` searches."""
    return highest < 4 * count  # one gather in a table costs a fraction of a search


def _pair(values: Int, row_of: Int, count: int) -> _Pairs:
    """The distinct pairs of value and row, and how often each stands there; values of -1 are no n-gram."""
    inside = values >= 0
    values, row_of = values[inside], row_of[inside]
    names: Int | None = None
    if len(values) and int(values.max()) >= np.iinfo(np.int64).max // max(count, 1):
        names, values = np.unique(values, return_inverse=True)  # numbered anew, a pair fits 64 bits again
    # sorting plain numbers is several times faster than sorting their places
    both = np.sort(values * count + row_of)
    first = np.flatnonzero(_changes(both))
    values, row_of = np.divmod(both[first], max(count, 1))
    new_value = _changes(values)
    codes = values[new_value]
    counts = np.diff(first, append=len(both))
    return _Pairs(codes if names is None else names[codes], np.cumsum(new_value) - 1, row_of, counts)


def _changes(ordered: Int) -> NDArray[np.bool_]:
    """True where a value differs from the one before it, and at the first."""
    changes = np.ones(len(ordered), bool)
    changes[1:] = ordered[1:] != ordered[:-1]
    return changes


def _choose(totals: list[Int], max_features: int) -> list[Int]:
    """The column of each n-gram of each level, -1 for all but the most frequent; columns go by level, then by code."""
    every = np.concatenate(totals)
    kept = np.zeros(len(every), bool)
    kept[np.argsort(-every, kind="stable")[:max_features]] = True
    columns = np.where(kept, np.cumsum(kept) - 1, -1)
    return np.split(columns, np.cumsum([len(total) for total in totals])[:-1])


def _matrix(ngrams: Ngrams, found: list[_Pairs], count: int) -> sparse.csr_array:
    """The pairs of all levels as one CSR matrix (count, features) with rising columns in each row."""
    rows, columns, counts = [], [], []
    for level, pairs in zip(ngrams.levels, found, strict=True):
        place = _places(pairs.codes, level.codes)
        column = np.where(place >= 0, level.columns[place], -1)[pairs.which] if len(level.codes) else place[pairs.which]
        kept = column >= 0
        rows.append(pairs.rows[kept].astype(np.int32))
        columns.append(column[kept].astype(np.int32))
        counts.append(pairs.counts[kept].astype(np.float64))
    at = np.concatenate(rows), np.concatenate(columns)
    # pairs come by column, so the change to rows leaves each row's columns rising
    return sparse.coo_array((np.concatenate(counts), at), shape=(count, ngrams.features)).tocsr()
