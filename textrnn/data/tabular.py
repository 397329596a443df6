"""Tabular features: numeric or categorical columns as arrays."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.errors import DataError

MAX_DEVIATIONS = 10.0  # standard deviations from the mean; outliers are clipped
OTHER_CATEGORY = 0  # the code shared by all categories without one of their own


@dataclass(frozen=True)
class NumericColumn:
    """A numeric column: mean and standard deviation in training (1 if all are equal), and whether cells were empty."""

    name: str
    mean: float
    deviation: float
    has_empty: bool


@dataclass(frozen=True)
class CategoricalColumn:
    """A categorical column; `categories[i]` has the code i + 1, all other strings have 0."""

    name: str
    categories: tuple[str, ...]


@dataclass(frozen=True)
class TabularColumns:
    """The tabular columns with their statistics in the training split."""

    numeric: tuple[NumericColumn, ...] = ()
    categorical: tuple[CategoricalColumn, ...] = ()

    @property
    def width(self) -> int:
        """K, the numeric features of a row: one per column, and an indicator for each column with empty cells."""
        return len(self.numeric) + sum(column.has_empty for column in self.numeric)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of codes of each categorical column, (M,), including OTHER."""
        return tuple(len(column.categories) + 1 for column in self.categorical)

    @property
    def features(self) -> int:
        """S, the number of features of a linear model (one-hot encoded)."""
        return self.width + sum(self.sizes)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON for `from_json`."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> TabularColumns:
        """Return the columns that `to_json` described. Raises KeyError, TypeError, DataError."""
        found = TabularColumns(
            tuple(NumericColumn(**column) for column in value["numeric"]),
            tuple(CategoricalColumn(column["name"], tuple(column["categories"])) for column in value["categorical"]),
        )
        for number in found.numeric:
            valid = math.isfinite(number.mean) and math.isfinite(number.deviation) and number.deviation > 0
            if not valid or not isinstance(number.has_empty, bool):
                raise DataError(f"the column {number.name[:80]!r}: expected a finite mean and a deviation above 0")
        for column in found.categorical:
            strings = all(isinstance(category, str) for category in column.categories)
            if not strings or len(set(column.categories)) != len(column.categories):
                raise DataError(f"the column {column.name[:80]!r}: expected different strings as categories")
        return found


NO_TABULAR = TabularColumns()


@dataclass(frozen=True)
class TabularFeatures:
    """Tabular features of N examples: standardised `numbers` (N, K) float32, and category `codes` (N, M) int32 below
    `sizes` (M,).
    """

    numbers: NDArray[np.float32]
    codes: NDArray[np.int32]
    sizes: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: NDArray[np.int64]) -> TabularFeatures:
        """Return the features of `rows` (B,)."""
        return TabularFeatures(self.numbers[rows], self.codes[rows], self.sizes)


CellColumns = Mapping[str, Sequence[Any]]  # by column: N floats (NaN: empty), or N strings


def empty_tabular(rows: int) -> TabularFeatures:
    """Return empty features of `rows` examples."""
    return TabularFeatures(np.zeros((rows, 0), np.float32), np.zeros((rows, 0), np.int32))


def fit_tabular(
    cells: CellColumns, numeric: Sequence[str], categorical: Sequence[str], max_categories: int
) -> TabularColumns:
    """Fit the columns to the `cells` of the training split; categories beyond `max_categories` are OTHER.

    If every category of a column would have its own code, categories that occur once share OTHER, so that OTHER is
    trained too. Raises DataError for a column that is entirely empty.
    """
    return TabularColumns(
        tuple(_fit_numbers(name, np.asarray(cells[name], np.float64)) for name in numeric),
        tuple(_fit_categories(name, cells[name], max_categories) for name in categorical),
    )


def _fit_numbers(name: str, values: NDArray[np.float64]) -> NumericColumn:
    there = values[~np.isnan(values)]
    if not len(there):
        raise DataError(f"the column {name!r}: expected numbers in data.numeric, found all cells empty")
    deviation = float(there.std())
    tiny = 1e-12 * float(np.abs(there).max())  # all equal, but for the last bits of their mean
    return NumericColumn(name, float(there.mean()), deviation if deviation > tiny else 1.0, len(there) < len(values))


def _fit_categories(name: str, values: Sequence[str], max_categories: int) -> CategoricalColumn:
    counted = Counter(values)
    if set(counted) <= {""}:
        raise DataError(f"the column {name!r}: expected categories in data.categorical, found all cells empty")
    common = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:max_categories]
    if len(common) == len(counted):
        common = [(category, times) for category, times in common if times > 1]
    return CategoricalColumn(name, tuple(sorted(category for category, _ in common)))


def encode_tabular(columns: TabularColumns, cells: CellColumns, rows: int) -> TabularFeatures:
    """Encode the `cells` of `rows` examples; an empty number becomes the mean, an unknown category OTHER."""
    numbers = np.zeros((rows, columns.width), np.float32)
    place = 0
    for column in columns.numeric:
        values = np.asarray(cells[column.name], np.float64)
        empty = np.isnan(values)
        scaled = np.clip((values - column.mean) / column.deviation, -MAX_DEVIATIONS, MAX_DEVIATIONS)
        numbers[:, place] = np.where(empty, 0.0, scaled)
        place += 1
        if column.has_empty:
            numbers[:, place] = empty
            place += 1
    codes = np.zeros((rows, len(columns.categorical)), np.int32)
    for i, named in enumerate(columns.categorical):
        number = {category: code for code, category in enumerate(named.categories, start=1)}
        codes[:, i] = [number.get(value, OTHER_CATEGORY) for value in cells[named.name]]
    return TabularFeatures(numbers, codes, columns.sizes)


def multiply_tabular(tabular: TabularFeatures, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the product (N, C) of the features of a linear model, numbers, then one-hot categories, with `weights`
    (S, C).
    """
    width = tabular.numbers.shape[1]
    weighed = np.zeros((len(tabular), weights.shape[1]))
    for k in range(width):
        weighed += tabular.numbers[:, k, None].astype(np.float64) * weights[k]
    for start, codes in zip(np.cumsum((width, *tabular.sizes)), tabular.codes.T, strict=False):
        weighed += weights[start + codes]
    return weighed


def tabular_feature_names(columns: TabularColumns) -> list[str]:
    """Return the names of the features of a linear model, (S,).

    >>> price, kind = NumericColumn("price", 1.0, 1.0, True), CategoricalColumn("kind", ("a",))
    >>> tabular_feature_names(TabularColumns((price,), (kind,)))
    ['price', 'price is empty', 'kind = any other', 'kind = a']
    """
    names = []
    for number in columns.numeric:
        names += [number.name, f"{number.name} is empty"][: 1 + number.has_empty]
    for column in columns.categorical:
        names += [f"{column.name} = {category}" for category in ("any other", *column.categories)]
    return names
