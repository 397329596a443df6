"""Near-duplicates with contradicting labels, or in different splits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.auditing.near_duplicates import NearDuplicates
from textrnn.auditing.rows import Rows
from textrnn.data.target import Label


@dataclass(frozen=True)
class LabelConflict:
    """A row whose label is another than that of its near-duplicate `other`; `majority` is the label that most of them
    have, None where no label has more rows than all others.
    """

    other: int
    majority: Label | None


def find_conflicts(rows: Rows, alike: NearDuplicates) -> dict[int, LabelConflict]:
    """Find the rows, by number, whose label differs from the majority of their near-duplicates, or all where there is
    none. Numbers differ by more than a standard deviation.
    """
    found: dict[int, LabelConflict] = {}
    for members in _groups(alike.groups):
        labels = [rows.label(row) for row in members]
        if rows.corpus.target.kind == "number":
            found |= _odd_numbers(members, np.asarray(labels, np.float64), rows.corpus.target.scale)
        elif len(set(labels)) > 1:
            (most, times), *rest = Counter(labels).most_common(2)
            majority = most if times > rest[0][1] else None
            for row, label in zip(members, labels, strict=True):
                if label != majority:
                    other = next(
                        each
                        for each, its in zip(members, labels, strict=True)
                        if its != label and majority in (None, its)
                    )
                    found[row] = LabelConflict(other, majority)
    return found


def _odd_numbers(members: list[int], values: NDArray[np.float64], scale: float) -> dict[int, LabelConflict]:
    """Find the numbers more than a standard deviation (`scale`) from the median of their near-duplicates."""
    middle = float(np.median(values))
    nearest = members[int(np.abs(values - middle).argmin())]
    far = np.flatnonzero(np.abs(values - middle) > scale).tolist()
    return {members[at]: LabelConflict(nearest, middle) for at in far if members[at] != nearest}


def find_leaks(rows: Rows, alike: NearDuplicates) -> dict[int, int]:
    """Find the rows of validation and test that have a near-duplicate in an earlier split, with the first of those."""
    found: dict[int, int] = {}
    if len(rows.names) < 2:
        return found
    for members in _groups(alike.groups):
        first = members[0]
        for row in members[1:]:
            if rows.split[row] > rows.split[first]:
                found[row] = first
    return found


def _groups(groups: NDArray[np.int64]) -> list[list[int]]:
    """Return the rows of each group of two or more, rising."""
    sizes = np.bincount(groups)
    rows = np.flatnonzero(sizes[groups] > 1)
    order = rows[np.argsort(groups[rows], kind="stable")]
    cuts = np.flatnonzero(np.diff(groups[order])) + 1
    return [part.tolist() for part in np.split(order, cuts)] if len(order) else []
