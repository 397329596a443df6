"""Lists, arrays and columns of other libraries as lists of plain Python cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, KeysView, Mapping, Sequence, Set
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from scipy import sparse

from textrnn.data.readers.wording import count, listed, quoted
from textrnn.errors import DataError, DataTypeError

_MISSING = frozenset({"NAType", "NaTType"})  # pandas' own, which need not be installed


def as_column(values: Any, name: str, one: str, advice: str = "") -> list[Any]:
    """`values`, one a row, as a list of N plain cells, None where a cell is missing.

    They are anything that iterates in an order, an array or a list of lists of the shape (N,) or (N, 1), a column of a
    data frame, or a frame or table of one column. `name` is the argument's, `one` what a cell is called ("label"), and
    `advice` what to do with more columns than one. Raises DataTypeError for what is none of these, DataError for those.
    """
    if isinstance(values, (str, bytes, bytearray)):
        raise DataTypeError(f"{name}: expected a list, found one string; write [{one}]")
    if (names := names_of(values)) is not None and not isinstance(values, Mapping):
        if len(names) != 1:
            raise DataError(f"{name}: expected one column, found {len(names)}: {listed(names)}{advice}")
        return plain_cells(values[names[0]])
    unordered = isinstance(values, Set) and not isinstance(values, KeysView)
    if isinstance(values, Mapping) or unordered or not _is_iterable(values):
        why = ", which has no order" if unordered else ""
        raise DataTypeError(f"{name}: expected a list with one {one} a row, found {_called(values)}{why}")
    shape = shape_of(values)
    if shape is None or len(shape) == 1:
        return _one_each(plain_cells(values))
    if len(shape) != 2 or shape[1] != 1:
        if len(shape) == 2 and shape[0] == 1:
            advice += f"{',' if advice else ';'} one row of them is {name}.ravel()"
        raise DataError(f"{name}: expected one {one} a row, found an array of the shape {shape}{advice}")
    return [_as_cell(row[0]) for row in as_matrix(values).tolist()]


def plain_cells(column: Any) -> list[Any]:
    """The cells of a `column` as plain Python has them, None where its library says that there is nothing."""
    column = _unmask(column)
    for way in ("to_pylist", "tolist", "to_list"):  # Arrow, numpy and pandas, polars
        if hasattr(column, way):
            column = getattr(column, way)()
            break
    return [cell if type(cell) is str else _as_cell(cell) for cell in column]


def as_matrix(values: Any) -> Any:
    """`values` of two dimensions as an array (N, C)."""
    if sparse.issparse(values):
        return values.toarray()
    return np.asarray(_unmask(values))


def names_of(given: Any) -> list[Any] | None:
    """The names of a table's columns; None of what is no table."""
    if sparse.issparse(given):  # one of its kinds is a mapping
        return None
    if isinstance(given, Mapping):
        return list(given)
    names: Any = getattr(given, "column_names", None)  # Arrow's and datasets' tables
    if names is None:
        names = getattr(given, "columns", None)  # a data frame
    return list(names) if _is_iterable(names) else None


def shape_of(values: Any) -> tuple[int, ...] | None:
    """The shape of an array or a sparse matrix; None of what has none."""
    shape: Any = getattr(values, "shape", None)
    return tuple(shape) if isinstance(shape, (tuple, list)) or type(shape).__name__ == "Size" else None


def require_alike(texts: Sequence[object], labels: Sequence[object]) -> None:
    """Refuse, by DataError, another number of `labels` than of `texts`."""
    if len(texts) != len(labels):
        raise DataError(
            f"labels: expected as many as texts, found {count(len(labels), 'label')} and {count(len(texts), 'text')}"
        )


def _as_cell(cell: Any) -> Any:
    """A cell as plain Python has it: None for NaN, NaT and what pandas calls NA; numpy's scalars, exact numbers and
    members of enumerations as the str, int or float that they are.
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
    """`number` as a float, infinite where it is too large for one."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _unmask(values: Any) -> Any:
    """A masked array as one of objects, None where it is masked; anything else as it is."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    found = np.asarray(values.data).astype(object)
    found[np.ma.getmaskarray(values)] = None
    return found


def _one_each(cells: list[Any]) -> list[Any]:
    """Rows of one cell each, as the shape (N, 1) has them in lists, as their cells."""
    if not cells or not all(isinstance(cell, (list, np.ndarray)) and len(cell) == 1 for cell in cells):
        return cells
    return [_as_cell(cell[0]) for cell in cells]


def _is_iterable(values: object) -> bool:
    if shape_of(values) == ():
        return False
    return isinstance(values, Iterable) or sparse.issparse(values) or hasattr(values, "__getitem__")


def _called(values: object) -> str:
    return "None" if values is None else f"{type(values).__name__} {quoted(values)}"
