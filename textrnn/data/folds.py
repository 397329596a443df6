"""Folds for predictions out of fold: groups of texts together, each stratum spread evenly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]


def assign_folds(groups: Int, strata: Int, folds: int, seed: int | None = 0) -> Int:
    """Return the fold of each of N texts, (N,) int64 below `folds`.

    Texts of one of the `groups` (N,) are in one fold; groups are dealt within the stratum (N,) of their first text, the
    largest first, each to the fold with the fewest texts of that stratum. The order of equally large groups is drawn
    from the `seed`; without one they come in the order of their numbers.
    """
    _, first, group, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    _, stratum = np.unique(strata[first], return_inverse=True)
    drawn = np.arange(len(first))
    if seed is not None:
        drawn = np.random.Generator(np.random.PCG64(seed)).permutation(drawn)
    order = np.lexsort((drawn, -sizes, stratum))
    fold = np.empty(len(first), np.int64)
    start = 0
    for number, end in enumerate(np.cumsum(np.bincount(stratum)).tolist()):
        members = order[start:end]
        fold[members] = _deal(sizes[members], folds, number)
        start = end
    return fold[group]


def _deal(sizes: Int, folds: int, turn: int) -> Int:
    """Return the fold of groups of these falling `sizes`, (G,); equally full folds take turns from `turn` on."""
    filled = np.zeros(folds, np.int64)
    waits = (np.arange(folds) - turn) % folds
    large = int(np.count_nonzero(sizes > 1))
    dealt = np.empty(len(sizes), np.int64)
    for place, size in enumerate(sizes[:large].tolist()):
        fold = int(np.lexsort((waits, filled))[0])
        dealt[place] = fold
        filled[fold] += size
    left = len(sizes) - large  # of one text each: the lowest places above what is filled
    height = filled[:, None] + np.arange(left)
    lowest = np.lexsort((np.repeat(waits, left), height.ravel()))[:left]
    dealt[large:] = lowest // max(left, 1)
    return dealt
