"""Seeded, stratified splits that keep equal texts on one side."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.data.examples import SPLITS, SplitName
from textrnn.data.folds import assign_folds

_TRAIN = SPLITS.index("train")


@dataclass(frozen=True)
class _Groups:
    """G groups of rows with equal texts, in hash order.

    `rows` (N,) int64 lists the rows group after group; `starts` (G,) and `sizes` (G,) int64 cut it;
    `classes` (G,) int64 is the class that most rows of a group have.
    """

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    classes: NDArray[np.int64]


def split_rows(
    texts: Sequence[str], labels: Sequence[str | int], shares: Mapping[SplitName, float], seed: int
) -> dict[SplitName, NDArray[np.int64]]:
    """Return the row numbers (from 0) of train and of each split in `shares`: disjoint, together all N rows.

    Groups of equal texts are sorted by BLAKE2b(seed, text); within each class, the first groups that fit go to test,
    the next to validation, and the rest to train. A split therefore depends on the contents of the rows, not on their
    order, and adding rows moves few others; the rows of a split are in hash order, which is as good as shuffled.

    The rows of a class in a held-out split differ by at most one from `share * rows` if its texts differ; every label
    keeps a row in train. `labels` (N) are all str or all int; the shares sum to less than 1.
    """
    classes, codes = _encode(labels)
    groups = _group(texts, codes, seed)
    side = np.full(len(groups.sizes), _TRAIN, dtype=np.int8)
    members_of = [np.flatnonzero(groups.classes == code) for code in range(len(classes))]
    for name in reversed(SPLITS):
        if name in shares and name != "train":
            _hold_out(side, groups, members_of, shares[name], SPLITS.index(name))
    _return_lost(side, groups, codes, len(classes))
    side_of_row = np.repeat(side, groups.sizes)
    kept = [name for name in SPLITS if name == "train" or name in shares]
    return {name: groups.rows[side_of_row == SPLITS.index(name)] for name in kept}


def fold_rows(texts: Sequence[str], labels: Sequence[str | int], folds: int, seed: int) -> NDArray[np.int64]:
    """Return the fold of each of N rows, (N,) int64 below `folds`.

    Groups of equal texts, in the order of `split_rows`, are dealt within each class, the largest first, each to the
    fold with the fewest rows of the class. So it depends on the contents of the rows, not on their order. `labels` (N)
    are all str or all int.
    """
    _, codes = _encode(labels)
    groups = _group(texts, codes, seed)
    group_of_row = np.empty(len(codes), np.int64)
    group_of_row[groups.rows] = np.repeat(np.arange(len(groups.sizes)), groups.sizes)
    return assign_folds(group_of_row, groups.classes[group_of_row], folds, seed=None)


def _encode(labels: Sequence[str | int]) -> tuple[list[str | int], NDArray[np.int64]]:
    classes: list[str | int] = sorted(set(labels))
    number = {label: i for i, label in enumerate(classes)}
    return classes, np.fromiter((number[label] for label in labels), dtype=np.int64, count=len(labels))


def _group(texts: Sequence[str], codes: NDArray[np.int64], seed: int) -> _Groups:
    key = seed.to_bytes(8, "big")
    digests = b"".join(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=key).digest() for text in texts
    )
    high, low = np.frombuffer(digests, dtype=">u8").reshape(-1, 2).T
    rows = np.lexsort((low, high)).astype(np.int64)  # stable: equal texts keep their order
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(high[rows]) != 0) | (np.diff(low[rows]) != 0)
    starts = np.flatnonzero(new)
    sizes = np.diff(starts, append=len(rows))
    classes = codes[rows[starts]]
    for group in np.flatnonzero(sizes > 1).tolist():
        start = starts[group]
        classes[group] = np.bincount(codes[rows[start : start + sizes[group]]]).argmax()  # the lowest of equals
    return _Groups(rows, starts, sizes, classes)


def _hold_out(
    side: NDArray[np.int8], groups: _Groups, members_of: list[NDArray[np.int64]], share: float, split: int
) -> None:
    """Move to `split`, in place, about `share` of each class's rows from train."""
    owed = 0.0  # the rounding error of earlier classes, carried over so that the total is right
    for members in members_of:
        target = share * float(groups.sizes[members].sum()) + owed
        # the last group of a class always stays in train
        free = members[:-1][side[members[:-1]] == _TRAIN]
        taken = 0
        for group, size in zip(free.tolist(), groups.sizes[free].tolist(), strict=True):
            if taken + 0.5 > target:
                break
            if taken + size <= target + 0.5:
                side[group] = split
                taken += size
        owed = min(0.5, max(-0.5, target - taken))


def _return_lost(side: NDArray[np.int8], groups: _Groups, codes: NDArray[np.int64], classes: int) -> None:
    """Move to train, in place, a group for each label that train would otherwise lack."""
    group_of_row = np.repeat(np.arange(len(side)), groups.sizes)
    found = codes[groups.rows]
    trained = np.bincount(found[side[group_of_row] == _TRAIN], minlength=classes)
    for code in np.flatnonzero(trained == 0).tolist():
        side[group_of_row[np.flatnonzero(found == code)[-1]]] = _TRAIN
