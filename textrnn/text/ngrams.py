"""`Ngrams`: chosen n-grams of word numbers, found again in other rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.text.ragged import Ragged, offsets_of

Int = NDArray[np.int64]
SORT_FROM = 4096  # values from which sorting pays: searches for neighbours one after another are four times faster


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
class FoundNgrams:
    """Which of the chosen n-grams stand in each of N rows: row i has those of `offsets[i]` to `offsets[i + 1]`.

    `columns` (P,) int64 rise in each row, `counts` (P,) int64 say how often each stands there; `offsets` (N + 1,).
    """

    columns: Int
    counts: Int
    offsets: Int


def find_ngrams(ngrams: Ngrams, rows: Ragged) -> FoundNgrams:
    """Find the chosen `ngrams` in `rows` (N) of the same word numbers."""
    row_of, values = rows_of_tokens(rows), np.asarray(rows.flat, dtype=np.int64)
    width, found = max(ngrams.features, 1), []
    single = ngrams.levels[0].codes
    starts = words = find_positions(values, single)
    for length, level in enumerate(ngrams.levels, start=1):
        if length > 1:
            starts = find_positions(extend_ngrams(row_of, starts, words, length, len(single)), level.codes)
        at = np.flatnonzero(starts >= 0)
        column = level.columns[starts[at]]
        chosen = column >= 0
        found.append(row_of[at[chosen]] * width + column[chosen])
    both = np.sort(np.concatenate(found))  # numbers alone sort several times faster than pairs
    first = np.flatnonzero(differs_from_previous(both))
    row, columns = np.divmod(both[first], width)
    counts = np.diff(first, append=len(both))
    return FoundNgrams(columns, counts, offsets_of(np.bincount(row, minlength=len(rows))))


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


def rows_of_tokens(rows: Ragged) -> Int:
    """Return the row of each token, (tokens,) int64."""
    return np.repeat(np.arange(len(rows), dtype=np.int64), rows.lengths)


def extend_ngrams(row_of: Int, starts: Int, words: Int, length: int, singles: int) -> Int:
    """Return the codes of the n-grams of `length` words that begin at each token, (tokens,) int64; -1 where none does.

    `starts` (tokens,) are the places of the n-grams one word shorter that begin there, `words` (tokens,) those of the
    single words among all `singles`, -1 where there is none.
    """
    reach = length - 1  # words from the first to the last
    longer = np.full(len(starts), -1, np.int64)
    first, last = starts[:-reach], words[reach:]
    whole = (first >= 0) & (last >= 0) & (row_of[:-reach] == row_of[reach:])
    longer[: len(first)] = np.where(whole, first * singles + last, -1)
    return longer


def find_positions(values: Int, codes: Int) -> Int:
    """Return the place of each value in the rising `codes`, (values,) int64; -1 where it is not there."""
    if not len(codes):
        return np.full(len(values), -1, np.int64)
    highest = int(codes[-1])
    if _prefers_table(highest, len(values)):
        table = np.full(highest + 2, -1, np.int64)  # the last entry stands for all that is higher, and for -1
        table[codes] = np.arange(len(codes))
        return table[np.minimum(np.where(values < 0, highest + 1, values), highest + 1)]
    bits = len(values).bit_length()
    if len(values) < SORT_FROM or highest >= 1 << (62 - bits):
        return _search(values, codes)
    at = np.flatnonzero((values >= 0) & (values <= highest))
    packed = np.sort((values[at] << bits) | at)
    places = np.full(len(values), -1, np.int64)
    places[packed & ((1 << bits) - 1)] = _search(packed >> bits, codes)
    return places


def _prefers_table(highest: int, count: int) -> bool:
    """Whether a table with a row for each code up to `highest` is quicker than `count` searches."""
    return highest < 4 * count  # one gather in a table costs a fraction of a search


def _search(values: Int, codes: Int) -> Int:
    place = np.minimum(np.searchsorted(codes, values), len(codes) - 1)
    return np.where(codes[place] == values, place, -1)


def differs_from_previous(ordered: Int) -> NDArray[np.bool_]:
    """Return True where a value differs from the one before it, and at the first, (values,) bool."""
    differs = np.ones(len(ordered), bool)
    differs[1:] = ordered[1:] != ordered[:-1]
    return differs


def words_of_columns(ngrams: Ngrams, columns: Int) -> list[tuple[int, ...]]:
    """Return the word numbers of the n-grams of `columns` (K,), K tuples; of all see `ngram_words`."""
    single = ngrams.levels[0].codes
    found: dict[int, tuple[int, ...]] = {}
    for length, level in enumerate(ngrams.levels, start=1):
        at = np.flatnonzero(np.isin(level.columns, columns) & (level.columns >= 0))
        for place in at.tolist():
            words, here = [], place
            for below in range(length - 1, 0, -1):
                here, last = divmod(int(ngrams.levels[below].codes[here]), len(single))
                words.append(int(single[last]))
            found[int(level.columns[place])] = (int(single[here]), *words[::-1])
    return [found[column] for column in columns.tolist()]
