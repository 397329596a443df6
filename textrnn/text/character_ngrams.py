"""N-grams of characters in rows of word numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from textrnn.text.count_ngrams import apply_ngrams, count_ngrams
from textrnn.text.ngrams import Level, Ngrams, ngram_words
from textrnn.text.ragged import Ragged, expand, offsets_of

EDGE = " "  # before and after a word
IN_WORDS = (3, 5)  # lengths of n-grams of characters, where spaces part words
ACROSS_WORDS = (1, 3)  # where none do


@dataclass(frozen=True)
class CharacterNgrams:
    """The chosen n-grams of characters, F of them, within the V words of a table or across them.

    `ngrams` are n-grams of code points, `characters` those of each word, V rows. Within words `in_words` (V, F) float64
    CSR says how often each stands in each word, with a space at both of its ends. Across words, which are joined
    without a space, it is None.
    """

    ngrams: Ngrams
    characters: Ragged
    in_words: sparse.csr_array | None = None

    def count(self, rows: Ragged) -> sparse.csr_array:
        """Count the n-grams in N `rows` of word numbers, float64 CSR (N, F)."""
        if self.in_words is None:
            return apply_ngrams(self.ngrams, expand(rows, self.characters))
        return _sorted(_count_words(rows, self.in_words.shape[0]) @ self.in_words)

    def names(self) -> list[str]:
        """Return the text of each n-gram, (F,), with dots where its word may go on.

        >>> from textrnn.text.ragged import ragged
        >>> ngrams, _ = count_in_words(["ab"], ragged([[0]]), shortest=3, longest=4, min_documents=1, max_features=9)
        >>> ngrams.names()
        ['ab…', '…ab', 'ab']
        """
        found = ["".join(map(chr, points)) for points in ngram_words(self.ngrams)]
        return [f"{_dots(text[:1])}{text.strip(EDGE)}{_dots(text[-1:])}" for text in found]


def characters_of(table: Sequence[str], edge: str = "") -> Ragged:
    """Return the code points of each word of `table` (V), with `edge` before and after it, V rows.

    >>> [row.tolist() for row in characters_of(["ab", "c"], " ")]
    [[32, 97, 98, 32], [32, 99, 32]]
    """
    words = [f"{edge}{word}{edge}" for word in table]
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    points = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), dtype=np.int32)
    return Ragged(points, offsets_of(lengths))


def count_across_words(
    table: Sequence[str], rows: Ragged, *, shortest: int = 1, longest: int, min_documents: int, max_features: int
) -> tuple[CharacterNgrams, sparse.csr_array]:
    """Choose the n-grams of up to `longest` characters of N `rows` of word numbers, and count them, (N, F).

    Words are joined without a space, as in scripts that have none. Kept are those that `count_ngrams` keeps. Raises
    ValueError for a `shortest` above 1.
    """
    if shortest != 1:
        raise ValueError(f"shortest: expected 1, found {shortest}")
    characters = characters_of(table)
    ngrams, counts = count_ngrams(
        expand(rows, characters), longest=longest, min_documents=min_documents, max_features=max_features
    )
    return CharacterNgrams(ngrams, characters), counts


def count_in_words(
    table: Sequence[str], rows: Ragged, *, shortest: int, longest: int, min_documents: int, max_features: int
) -> tuple[CharacterNgrams, sparse.csr_array]:
    """Choose the n-grams of `shortest` to `longest` characters within the words of N `rows`, and count them, (N, F).

    A word has a space at both of its ends. Each unique word is looked at once, and its n-grams are summed over the
    words of a row. Kept are the n-grams in at least `min_documents` rows, of these the `max_features` most frequent;
    ties go to the shorter one, then to the lower code points. The same as scikit-learn's `CountVectorizer` with the
    analyzer "char_wb", but for the order of the columns and of ties.
    """
    characters, words = characters_of(table, EDGE), _count_words(rows, len(table))
    every, in_words = count_ngrams(
        characters, longest=longest, min_documents=1, max_features=longest * max(len(characters.flat), 1)
    )
    first = sum(len(level.codes) for level in every.levels[: shortest - 1])  # columns go by length
    counts = narrow(words @ in_words[:, first:])
    documents, totals = np.bincount(counts.indices, minlength=counts.shape[1]), np.asarray(counts.sum(axis=0))
    enough = np.flatnonzero(documents >= min_documents)
    kept = np.sort(enough[np.argsort(-totals[enough], kind="stable")[:max_features]])
    columns = np.full(every.features, -1, np.int64)
    columns[kept + first] = np.arange(len(kept))
    levels = tuple(Level(level.codes, columns[level.columns]) for level in every.levels)
    ngrams = Ngrams(levels, len(kept))
    return CharacterNgrams(ngrams, characters, apply_ngrams(ngrams, characters)), _sorted(counts[:, kept])


def _count_words(rows: Ragged, words: int) -> sparse.csr_array:
    """Return how often each of `words` words stands in each of N `rows`, (N, words) float64."""
    parts = np.ones(len(rows.flat)), np.array(rows.flat, np.int32), np.array(rows.offsets, np.int64)
    counts = sparse.csr_array(parts, shape=(len(rows), words))
    counts.sum_duplicates()
    return counts


def narrow(counts: sparse.csr_array) -> sparse.csr_array:
    """Return `counts` with int32 indices, as liblinear wants them: products of sparse matrices may have others."""
    parts = counts.data, counts.indices.astype(np.int32, copy=False), counts.indptr.astype(np.int32, copy=False)
    return sparse.csr_array(parts, shape=counts.shape)


def _sorted(counts: sparse.csr_array) -> sparse.csr_array:
    """Return `counts` with rising int32 columns in each row."""
    ordered = narrow(counts)
    ordered.sort_indices()
    return ordered


def _dots(end: str) -> str:
    """Return what stands beside the character at an end of an n-gram."""
    return "" if end == EDGE else "…"
