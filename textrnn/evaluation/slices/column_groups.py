"""Groups by the cells of a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from textrnn.evaluation.formatting import clean_text
from textrnn.evaluation.slices.group import Group

MAX_VALUES = 30  # of a column, the most frequent
N_QUANTILES = 4  # of a column of numbers
MAX_VALUE_LENGTH = 60  # characters of a value
EMPTY_NAME = "(empty)"


def group_by_column(name: str, cells: Sequence[Any]) -> list[Group]:
    """Return groups of N rows by the `cells` of the column `name`: up to 30 values, or quarters of its numbers."""
    if cells and all(isinstance(cell, float) for cell in cells):
        return _by_number(name, np.asarray(cells, np.float64))
    values = [str(cell).strip() for cell in cells]
    counts = Counter(values)
    column = np.array(values, dtype=object)
    common = sorted(counts, key=lambda value: (-counts[value], value))[:MAX_VALUES]
    return [
        Group(name, f"{name} = {clean_text(value, MAX_VALUE_LENGTH) or EMPTY_NAME}", column == value)
        for value in common
    ]


def _by_number(name: str, numbers: Any) -> list[Group]:
    empty = np.isnan(numbers)
    found = [Group(name, f"{name} = {EMPTY_NAME}", empty)] if empty.any() else []
    if empty.all():
        return found
    tops = np.unique(np.quantile(numbers[~empty], np.arange(1, N_QUANTILES + 1) / N_QUANTILES, method="inverted_cdf"))
    places = np.searchsorted(tops, numbers)
    for i, top in enumerate(tops.tolist()):
        members = ~empty & (places == i)
        low = float(numbers[members].min())
        found.append(Group(name, f"{name} {low:.4g}" if low == top else f"{name} {low:.4g} to {top:.4g}", members))
    return found
