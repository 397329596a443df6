"""Groups by the cells of a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from textrnn.evaluation.formatting import clean_text
from textrnn.evaluation.slices.group import Group

VALUES = 30  # of a column, the most frequent
PARTS = 4  # of a column of numbers
SHOWN = 60  # characters of a value
EMPTY = "(empty)"


def group_by_column(name: str, cells: Sequence[Any]) -> list[Group]:
    """Return groups of N rows by the `cells` of the column `name`: up to 30 values, or quarters of its numbers."""
    if cells and all(isinstance(cell, float) for cell in cells):
        return _by_number(name, np.asarray(cells, np.float64))
    values = [str(cell).strip() for cell in cells]
    counts = Counter(values)
    column = np.array(values, dtype=object)
    common = sorted(counts, key=lambda value: (-counts[value], value))[:VALUES]
    return [Group(name, f"{name} = {clean_text(value, SHOWN) or EMPTY}", column == value) for value in common]


def _by_number(name: str, numbers: Any) -> list[Group]:
    empty = np.isnan(numbers)
    found = [Group(name, f"{name} = {EMPTY}", empty)] if empty.any() else []
    if empty.all():
        return found
    tops = np.unique(np.quantile(numbers[~empty], np.arange(1, PARTS + 1) / PARTS, method="inverted_cdf"))
    places = np.searchsorted(tops, numbers)
    for i, top in enumerate(tops.tolist()):
        members = ~empty & (places == i)
        low = float(numbers[members].min())
        found.append(Group(name, f"{name} {low:.4g}" if low == top else f"{name} {low:.4g} to {top:.4g}", members))
    return found
