"""Near-duplicate texts: those of nearly the same words in nearly the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from textrnn.auditing.shingles import ShingleSets, shingle_sets
from textrnn.text.ragged import Ragged

MAX_COMPARED = (
    200  # texts with a rare shingle in common that are compared with one another; of more, each with the next 200
)
_AT_ONCE = 1 << 16  # pairs that are compared at a time

Int = NDArray[np.int64]


@dataclass(frozen=True)
class NearDuplicates:
    """Which of N texts are nearly the same.

    `groups` (N,) int64 numbers the texts from 0: near-duplicates, also by way of others, have the same number, in the
    order of their first texts. `pairs` (P, 2) int64 are the texts that were found alike, the lower number first, with
    their `similarity` (P,) float64; of texts with the same words, each stands in a pair with the first of them.
    """

    groups: Int
    pairs: Int
    similarity: NDArray[np.float64]


def find_near_duplicates(rows: Ragged, table: Sequence[str], similarity: float) -> NearDuplicates:
    """Find the near-duplicates among `rows` (N) of numbers into the `table` of words.

    Two texts are near-duplicates where their shingles (the words and pairs of neighbouring words, without punctuation
    and in lower case) have a Jaccard index of `similarity` (more than 0, at most 1) or more. Texts without words are
    near-duplicates of none. All pairs are found, but where over `MAX_COMPARED` texts share all of their rare shingles.

    Prefix filtering (Chaudhuri, Ganti & Kaushik 2006; Bayardo, Ma & Srikant 2007): with shingles in the order of
    their rarity, two sets that are so alike have one in common among the first few of each.
    """
    sets = shingle_sets(rows, table)
    first, of_set = _same_sets(sets)
    distinct = sets.take(first)
    left, right = _candidates(distinct, similarity)
    found, alike = _compare(distinct, left, right, similarity)
    copies = np.flatnonzero((first[of_set] != np.arange(len(rows))) & (sets.sizes > 0))
    pairs = np.concatenate([first[found], np.stack([first[of_set[copies]], copies], axis=1)])
    pairs.sort(axis=1)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    pairs = pairs[order]
    graph = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(rows), len(rows)))
    groups = _number_by_first(connected_components(graph, directed=False)[1])
    return NearDuplicates(groups, pairs, np.concatenate([alike, np.ones(len(copies))])[order])


def _number_by_first(groups: NDArray[np.int32]) -> Int:
    """Renumber `groups` (N,) in the order of their first members."""
    _, first, which = np.unique(groups, return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return number[which]


def _same_sets(sets: ShingleSets) -> tuple[Int, Int]:
    """Return the first text of each distinct set (D,), and the number of each text's set (N,); empty ones differ."""
    known: dict[bytes, int] = {}
    first: list[int] = []
    of_set = np.empty(len(sets), np.int64)
    for row in range(len(sets)):
        found = sets[row].tobytes() or str(row).encode("utf-16")
        number = known.setdefault(found, len(first))
        if number == len(first):
            first.append(row)
        of_set[row] = number
    return np.array(first, np.int64), of_set


def _candidates(sets: ShingleSets, similarity: float) -> tuple[Int, Int]:
    """Return the pairs of sets, (Q,) and (Q,), that may be so alike."""
    kept = sets.sizes - np.ceil(similarity * sets.sizes - 1e-9).astype(np.int64) + (sets.sizes > 0)
    row = np.repeat(np.arange(len(sets)), sets.sizes)
    place = np.arange(len(row)) - np.repeat(sets.offsets[:-1], sets.sizes)
    inside = (place < kept[row]) & (sets.documents[sets.shingles] > 1)
    row, shingle = row[inside], sets.shingles[inside]
    order = np.lexsort((row, sets.sizes[row], shingle))
    row, shingle = row[order], shingle[order]
    size = sets.sizes[row]
    at, found = np.arange(len(row)), [np.zeros(0, np.int64)]
    for step in range(1, MAX_COMPARED + 1):
        at = at[at + step < len(row)]
        # sizes rise within a shingle: where one is too large, so are those behind it
        at = at[(shingle[at] == shingle[at + step]) & (size[at] >= similarity * size[at + step] - 1e-9)]
        if not len(at):
            break
        one, other = row[at], row[at + step]
        found.append(np.unique(np.minimum(one, other) * len(sets) + np.maximum(one, other)))
    left, right = np.divmod(np.unique(np.concatenate(found)), max(len(sets), 1))
    return left, right


def _compare(sets: ShingleSets, left: Int, right: Int, similarity: float) -> tuple[Int, NDArray[np.float64]]:
    """Return the pairs (P, 2) with a Jaccard index of `similarity` or more, and the index of each (P,)."""
    matrix = sparse.csr_array((np.ones(len(sets.shingles), np.int32), sets.shingles, sets.offsets), shape=sets.shape)
    pairs, alike = [np.zeros((0, 2), np.int64)], [np.zeros(0)]
    for start in range(0, len(left), _AT_ONCE):
        one, other = left[start : start + _AT_ONCE], right[start : start + _AT_ONCE]
        common = np.asarray(matrix[one].multiply(matrix[other]).sum(axis=1)).ravel()
        index = common / (sets.sizes[one] + sets.sizes[other] - common)
        near = index >= similarity - 1e-9
        pairs.append(np.stack([one[near], other[near]], axis=1))
        alike.append(index[near])
    return np.concatenate(pairs), np.concatenate(alike)
