"""Conversion of lists, arrays, data frame columns to lists of Python values."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, KeysView, Mapping, Sequence, Set
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from textrnn.data.readers.wording import count, quote, quote_list
from textrnn.errors import DataError, DataTypeError

_MISSING = frozenset({"NAType", "NaTType"})  # of pandas, which may be absent


def as_column(values: Any, name: str, one: str, advice: str = "") -> list[Any]:
    """Convert `values` to a list of N Python values, None where one is missing.

    `values` is any ordered iterable, an array, what numpy makes one of, or a list of lists of the shape (N,) or (N, 1),
    a column of a data frame, or a frame or table with one column. For messages: `name` is the name of the argument,
    `one` that of a value ("label"), `advice` what to do about several columns. Raises DataTypeError for other types,
    DataError for several columns.
    """
    if isinstance(values, (str, bytes, bytearray)):
        raise DataTypeError(f"{name}: expected a list, found one string; write [{one}]")
    if (names := column_names_of(values)) is not None and not isinstance(values, Mapping):
        if len(names) != 1:
            raise DataError(f"{name}: expected one column, found {len(names)}: {quote_list(names)}{advice}")
        return plain_cells(values[names[0]])
    if not _is_iterable(values) and hasattr(values, "__array__"):
        values = np.asarray(values)
    unordered = isinstance(values, Set) and not isinstance(values, KeysView)
    if isinstance(values, Mapping) or unordered or not _is_iterable(values):
        why = ", which has no order" if unordered else ""
        raise DataTypeError(f"{name}: expected a list with one {one} a row, found {_called(values)}{why}")
    shape = shape_of(values)
    if shape is None or len(shape) == 1:
        return _one_each(plain_cells(values))
    if len(shape) != 2 or shape[1] != 1:
        if len(shape) == 2 and shape[0] == 1:
            advice += f"{',' if advice else ';'} for a single row pass {name}.ravel()"
        raise DataError(f"{name}: expected one {one} a row, found an array of the shape {shape}{advice}")
    return [_as_cell(row[0]) for row in as_matrix(values).tolist()]


def plain_cells(column: Any) -> list[Any]:
    """Convert the cells of a `column` to Python values, None where the library marks one as missing."""
    column = _unmask(column)
    for way in ("to_pylist", "tolist", "to_list"):  # Arrow, numpy and pandas, polars
        if hasattr(column, way):
            column = getattr(column, way)()
            break
    return [cell if type(cell) is str else _as_cell(cell) for cell in column]


def as_matrix(values: Any) -> Any:
    """Convert two-dimensional `values` to an array (N, C)."""
    if is_sparse(values):
        return values.toarray()
    return np.asarray(_unmask(values))


def is_sparse(values: object) -> bool:
    """Return whether `values` are a sparse matrix or array of scipy."""
    sparse = sys.modules.get("scipy.sparse")  # where it was not imported, nobody made one
    return sparse is not None and bool(sparse.issparse(values))


def column_names_of(given: Any) -> list[Any] | None:
    """Return the column names of a table; None if `given` is not a table."""
    if is_sparse(given):  # one of its kinds is a mapping
        return None
    if isinstance(given, Mapping):
        return list(given)
    names: Any = getattr(given, "column_names", None)  # Arrow's and datasets' tables
    if names is None:
        names = getattr(given, "columns", None)  # a data frame
    return list(names) if _is_iterable(names) else None


def shape_of(values: Any) -> tuple[int, ...] | None:
    """Return the shape of an array or a sparse matrix; None if there is none."""
    shape: Any = getattr(values, "shape", None)
    return tuple(shape) if isinstance(shape, (tuple, list)) or type(shape).__name__ == "Size" else None


def require_same_length(texts: Sequence[object], labels: Sequence[object]) -> None:
    """Raise DataError unless there are as many `labels` as `texts`."""
    if len(texts) != len(labels):
        raise DataError(
            f"labels: expected as many as texts, found {count(len(labels), 'label')} and {count(len(texts), 'text')}"
        )


def _as_cell(cell: Any) -> Any:
    """Convert a cell to a Python value: None for NaN, NaT and pandas' NA; numpy scalars, exact numbers and enumeration
    members to str, int or float.
    """
    if isinstance(cell, np.generic) or (type(cell).__module__ == "torch" and not getattr(cell, "ndim", 1)):
        cell = cell.item()
    elif type(cell).__module__.startswith("pyarrow") and hasattr(cell, "as_py"):
        cell = cell.as_py()
    if type(cell).__name__ in _MISSING or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, str):
        return str.__str__(cell)  # an enumeration of strings writes its members otherwise
    if isinstance(cell, Decimal) and cell.is_nan():
        return None
    if isinstance(cell, (Decimal, Fraction)):
        return as_float(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        return int.__int__(cell)
    return float.__float__(cell) if isinstance(cell, float) else cell


def as_float(number: float | Decimal | Fraction) -> float:
    """Convert `number` to a float, infinity if it is too large."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _unmask(values: Any) -> Any:
    """Convert a masked array to an object array with None where it is masked; return other values unchanged."""
    masked: Any = sys.modules.get("numpy.ma")  # takes as long to import as a tenth of numpy
    if masked is None or not isinstance(values, masked.MaskedArray):
        return values
    found = np.asarray(values.data).astype(object)
    found[masked.getmaskarray(values)] = None
    return found


def _one_each(cells: list[Any]) -> list[Any]:
    """Flatten rows of one cell each, the shape (N, 1) in lists."""
    if not cells or not all(isinstance(cell, (list, np.ndarray)) and len(cell) == 1 for cell in cells):
        return cells
    return [_as_cell(cell[0]) for cell in cells]


def _is_iterable(values: object) -> bool:
    if shape_of(values) == ():
        return False
    return isinstance(values, Iterable) or is_sparse(values) or hasattr(values, "__getitem__")


def _called(values: object) -> str:
    return "None" if values is None else f"{type(values).__name__} {quote(values)}"
