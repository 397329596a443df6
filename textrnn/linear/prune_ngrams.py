"""An n-gram branch with fewer n-grams."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from textrnn.linear.ngram_branch import NgramBranch, sum_weights
from textrnn.text.ngrams import FoundNgrams, Int, Level, Ngrams
from textrnn.text.special_tokens import UNK

Bools = NDArray[np.bool_]


def rank_ngrams(branch: NgramBranch, documents: NDArray[np.int64]) -> Int:
    """Returns the columns (F,) of `branch`, those first that are worth most: by their weight times the texts that they
    stand in, of which `documents` (F,) were seen, and one more.
    """
    worth = np.abs(branch.weights).max(axis=1, initial=0) * (documents + 1)
    return np.argsort(-worth, kind="stable")


def reachable_ngrams(branch: NgramBranch, kept: Bools) -> Bools:
    """Returns which columns (F,) can be found where only the `kept` tokens (V,) are told apart.

    UNK is another thing once it stands for more tokens: its n-grams go.
    """
    known = kept.copy()
    known[UNK] &= kept.all()
    readable, first = np.zeros(branch.ngrams.features, bool), known[branch.ngrams.levels[0].codes]
    of_level = first
    for length, level in enumerate(branch.ngrams.levels, start=1):
        if length > 1:
            start, last = np.divmod(level.codes, max(len(first), 1))
            of_level = of_level[start] & first[last]
        has = level.columns >= 0
        readable[level.columns[has]] = of_level[has]
    return readable


def masked_logits(branch: NgramBranch, found: FoundNgrams, chosen: Bools) -> NDArray[np.float64]:
    """Returns the part of the logits (N, C) that n-grams give, of those `found` in N texts that are `chosen` (P,)."""
    before = np.concatenate([[0], np.cumsum(chosen)])
    left = FoundNgrams(found.columns[chosen], found.counts[chosen], before[found.offsets])
    sums, counts = sum_weights(branch.weights, left)
    scaled: NDArray[np.float64] = sums / np.sqrt(np.maximum(counts, 1))[:, None]
    return scaled


def prune_ngrams(branch: NgramBranch, columns: Bools, new_ids: NDArray[np.int64], factor: float = 1.0) -> NgramBranch:
    """Returns `branch` with the `columns` (F,) alone, numbered as they come, and their weights times `factor`.

    `new_ids` (V,) int64 rise: the ids that tokens get. What a longer n-gram begins with or ends in stays findable.
    """
    levels = branch.ngrams.levels
    chosen = [(level.columns >= 0) & columns[level.columns] if len(columns) else level.columns >= 0 for level in levels]
    stays = [mask.copy() for mask in chosen]
    singles = len(levels[0].codes)
    for n in range(len(levels) - 1, 0, -1):
        start, last = np.divmod(levels[n].codes[stays[n]], max(singles, 1))
        stays[n - 1][start] = True
        stays[0][last] = True
    for n in range(1, len(levels)):  # the beginnings of what stays, from which again single words follow
        stays[0][levels[n].codes[stays[n]] % max(singles, 1)] = True
    places = [np.cumsum(mask) - 1 for mask in stays]
    made, features, order = [], 0, []
    for n, level in enumerate(levels):
        codes, has = level.codes[stays[n]], chosen[n][stays[n]]
        if n:
            start, last = np.divmod(codes, max(singles, 1))
            codes = places[n - 1][start] * int(stays[0].sum()) + places[0][last]
        else:
            codes = new_ids[codes]
        made.append(Level(codes, np.where(has, np.cumsum(has) - 1 + features, -1)))
        features += int(has.sum())
        order.append(level.columns[chosen[n]])
    weights = branch.weights[np.concatenate(order)] * np.float32(factor)
    return replace(branch, ngrams=Ngrams(tuple(made), features), weights=weights)


def least_squares_factor(part: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
    """Returns what `part` (N, C) is multiplied by to be nearest to `whole` (N, C)."""
    square = float((part * part).sum())
    return max(float((part * whole).sum()) / square, 0.0) if square else 1.0


def document_counts(found: FoundNgrams, rows: Bools, features: int) -> Int:
    """Returns in how many of the texts that are in `rows` (N,) each column (features,) stands."""
    return np.bincount(found.columns[np.repeat(rows, np.diff(found.offsets))], minlength=features)


def text_indices(found: FoundNgrams) -> Int:
    """Returns the row of each n-gram that was `found`, (P,)."""
    return np.repeat(np.arange(len(found.offsets) - 1), np.diff(found.offsets))
