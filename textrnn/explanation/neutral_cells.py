"""Tabular features with a column made neutral: a number is the mean of training, a category any other."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from textrnn.data.tabular import OTHER_CATEGORY, TabularColumns, TabularFeatures


def neutralize_columns(tabular: TabularFeatures, columns: TabularColumns, which: Collection[int]) -> TabularFeatures:
    """Returns `tabular` with the columns `which` made neutral: their numbers, numeric ones first.

    A cell that is empty is made neutral too: it is then no longer known to be empty.
    """
    numbers, codes = tabular.numbers.copy(), tabular.codes.copy()
    place = 0
    for number, column in enumerate(columns.numeric):
        width = 1 + column.has_empty
        if number in which:
            numbers[:, place : place + width] = 0
        place += width
    for number in range(len(columns.categorical)):
        if len(columns.numeric) + number in which:
            codes[:, number] = OTHER_CATEGORY
    return TabularFeatures(numbers, codes, tabular.sizes)


def neutralize_each(tabular: TabularFeatures, columns: TabularColumns) -> list[TabularFeatures]:
    """Returns one row of `tabular` with one column after another made neutral, (columns) in order."""
    return [neutralize_columns(tabular, columns, {number}) for number in range(count_columns(columns))]


def neutralize_all(tabular: TabularFeatures, columns: TabularColumns) -> TabularFeatures:
    """Returns `tabular` with all columns made neutral."""
    return neutralize_columns(tabular, columns, range(count_columns(columns)))


def count_columns(columns: TabularColumns) -> int:
    """Returns how many columns there are."""
    return len(columns.numeric) + len(columns.categorical)


def stack_rows(rows: list[TabularFeatures]) -> TabularFeatures:
    """Returns the rows of all, one after another."""
    return TabularFeatures(
        np.concatenate([row.numbers for row in rows]), np.concatenate([row.codes for row in rows]), rows[0].sizes
    )
