"""Counting of n-grams in rows of word numbers, as sparse matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.text.ngrams import (
    Level,
    Ngrams,
    differs_from_previous,
    extend_ngrams,
    find_ngrams,
    find_positions,
    rows_of_tokens,
)
from textrnn.text.ragged import Ragged

Int = NDArray[np.int64]


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
    row_of = rows_of_tokens(rows)
    levels: list[Level] = []
    found: list[_Pairs] = []
    totals: list[Int] = []
    values = np.asarray(rows.flat, dtype=np.int64)
    words: Int | None = None  # the place of each token among the single words that were kept
    for length in range(1, max(longest, default=0) + 1):
        if length > 1:
            starts = find_positions(values, levels[-1].codes)
            words = starts if words is None else words
            values = extend_ngrams(row_of, starts, words, length, len(levels[0].codes))
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
    found = find_ngrams(ngrams, rows)
    parts = found.counts.astype(np.float64), found.columns.astype(np.int32), found.offsets
    return sparse.csr_array(parts, shape=(len(rows), ngrams.features))


def _pair(values: Int, row_of: Int, count: int) -> _Pairs:
    """The distinct pairs of value and row, and how often each stands there; values of -1 are no n-gram."""
    inside = values >= 0
    values, row_of = values[inside], row_of[inside]
    names: Int | None = None
    if len(values) and int(values.max()) >= np.iinfo(np.int64).max // max(count, 1):
        names, values = np.unique(values, return_inverse=True)  # numbered anew, a pair fits 64 bits again
    # sorting plain numbers is several times faster than sorting their places
    both = np.sort(values * count + row_of)
    first = np.flatnonzero(differs_from_previous(both))
    values, row_of = np.divmod(both[first], max(count, 1))
    new_value = differs_from_previous(values)
    codes = values[new_value]
    counts = np.diff(first, append=len(both))
    return _Pairs(codes if names is None else names[codes], np.cumsum(new_value) - 1, row_of, counts)


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
        place = find_positions(pairs.codes, level.codes)
        column = np.where(place >= 0, level.columns[place], -1)[pairs.which] if len(level.codes) else place[pairs.which]
        kept = column >= 0
        rows.append(pairs.rows[kept].astype(np.int32))
        columns.append(column[kept].astype(np.int32))
        counts.append(pairs.counts[kept].astype(np.float64))
    at = np.concatenate(rows), np.concatenate(columns)
    # pairs come by column, so the change to rows leaves each row's columns rising
    return sparse.coo_array((np.concatenate(counts), at), shape=(count, ngrams.features)).tocsr()
