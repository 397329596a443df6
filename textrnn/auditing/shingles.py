"""Texts as sets of shingles: single words, pairs of neighbouring words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.ragged import Ragged, offsets_of

Int = NDArray[np.int64]


@dataclass(frozen=True)
class ShingleSets:
    """N sets: set i has the numbers `shingles[offsets[i]:offsets[i + 1]]`, rising; the rarest shingle has the number 0.

    `documents` (S,) int64 says in how many sets each of S shingles stands.
    """

    shingles: NDArray[np.int32]
    offsets: Int
    documents: Int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> NDArray[np.int32]:
        return self.shingles[self.offsets[row] : self.offsets[row + 1]]

    @property
    def sizes(self) -> Int:
        """The number of shingles in each set, (N,) int64."""
        return np.diff(self.offsets)

    @property
    def shape(self) -> tuple[int, int]:
        """N and S."""
        return len(self), len(self.documents)

    def take(self, rows: Int) -> ShingleSets:
        """Return the sets of `rows`, the shingles numbered by their rarity among these."""
        sizes = self.sizes[rows]
        offsets = offsets_of(sizes)
        within = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], sizes)
        return _by_rarity(self.shingles[np.repeat(self.offsets[rows], sizes) + within], offsets, len(self.documents))


def shingle_sets(rows: Ragged, table: Sequence[str]) -> ShingleSets:
    """Return the shingles of `rows` (N) of numbers into the `table` of words, without punctuation, in lower case."""
    _, counts = count_ngrams(_plain_words(rows, table), longest=2, min_documents=1, max_features=1 << 62)
    return _by_rarity(counts.indices, counts.indptr.astype(np.int64), counts.shape[1])


def _by_rarity(shingles: NDArray[np.int32], offsets: Int, number: int) -> ShingleSets:
    documents = np.bincount(shingles, minlength=number)
    order = np.argsort(documents, kind="stable")
    rank = np.empty(number, np.int64)
    rank[order] = np.arange(number)
    row = np.repeat(np.arange(len(offsets) - 1, dtype=np.int64), np.diff(offsets))
    both = np.sort(row * max(number, 1) + rank[shingles])  # rows stay in their order
    return ShingleSets((both % max(number, 1)).astype(np.int32), offsets, documents[order])


def _plain_words(rows: Ragged, table: Sequence[str]) -> Ragged:
    """Renumber words by their lower case, and leave punctuation out."""
    number: dict[str, int] = {}
    plain = np.array(
        [-1 if _is_punctuation(word) else number.setdefault(word.casefold(), len(number)) for word in table], np.int32
    )
    flat = plain[rows.flat] if len(table) else np.zeros(0, np.int32)
    kept = flat >= 0
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return Ragged(flat[kept], before[rows.offsets])


def _is_punctuation(word: str) -> bool:
    return all(unicodedata.category(letter).startswith("P") for letter in word)
