"""Pairs of groups in which errors gather, searched by sliceline."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from textrnn.evaluation.slices.group import Group

MAX_SLICES = 10  # slices that are kept
MAX_PREDICATES = 2  # of a slice
ALPHA = 0.95  # weight of a slice's mean error against its size
MIN_SUPPORT = 0.02  # of the rows


def find_slices(groups: Sequence[Group], errors: NDArray[np.float64], smallest: int) -> list[tuple[int, ...]]:
    """Return up to 10 slices with high `errors` (N,), as the places of one or two `groups` that make each.

    Source: Sagadeeva & Boehm 2021, "SliceLine: Fast, Linear-Algebra-based Slice Finding for ML Model Debugging".
    Without the package sliceline, the ten groups with the largest excess of errors.
    """
    if not groups or not errors.any():
        return []
    table = np.stack([group.members for group in groups], axis=1)
    if importlib.util.find_spec("sliceline") is None:
        return _best_groups(table, errors, smallest)
    return _search(table, errors, smallest)


def _search(table: NDArray[np.bool_], errors: NDArray[np.float64], smallest: int) -> list[tuple[int, ...]]:
    from sliceline.slicefinder import Slicefinder

    support = max(smallest, int(MIN_SUPPORT * len(errors)))
    finder = Slicefinder(alpha=ALPHA, k=4 * MAX_SLICES, max_l=MAX_PREDICATES, min_sup=support, verbose=False)
    finder.fit(table.astype(np.int64), errors)
    found = []
    for predicates in finder.top_slices_:
        places = tuple(i for i, value in enumerate(predicates) if value is not None)
        if all(int(predicates[i]) == 1 for i in places):  # "without the word ..." explains nothing
            found.append(places)
    return found[:MAX_SLICES]


def _best_groups(table: NDArray[np.bool_], errors: NDArray[np.float64], smallest: int) -> list[tuple[int, ...]]:
    counts = table.sum(axis=0)
    excess = table.T @ errors - counts * errors.mean()
    order = np.argsort(-excess, kind="stable")
    found: list[tuple[int, ...]] = [(int(i),) for i in order if counts[i] >= smallest and excess[i] > 0]
    return found[:MAX_SLICES]
