"""Labels from Python callers; predictions are returned in the same form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind
from textrnn.data.label_format import LabelFormat
from textrnn.data.python_columns import as_column, as_matrix, column_names_of, is_sparse, shape_of
from textrnn.data.readers.label_readers import LabelReader, label_reader
from textrnn.data.readers.wording import format_row, quote, quote_list
from textrnn.data.target import Label
from textrnn.errors import DataError, DataTypeError, RowError

_NAMES = "; where they name classes, write [[str(name) for name in row] for row in labels]"


@dataclass(frozen=True)
class LabelInput:
    """N labels as `Target` defines them, the form in which they were given, and the column names of an indicator."""

    labels: list[Any]
    form: LabelFormat = "plain"
    names: tuple[str, ...] = field(default=())

    def take(self, rows: Sequence[int]) -> LabelInput:
        """Return the labels of `rows`, counted from 0."""
        return LabelInput([self.labels[row] for row in rows], self.form, self.names)


def as_labels(labels: Any, kind: TargetKind, classes: Sequence[str] = ()) -> LabelInput:
    """Parse `labels` (N) for a target of this `kind`, from any container that `as_column` accepts.

    Integer labels may be floats or booleans (False is 0), all of one type. A `multi` target also accepts an indicator:
    an array, a sparse matrix, a data frame or a list of lists (N, C) of 0 and 1; its classes are named by the frame's
    columns, or numbered. With the `classes` of a model the indicator must have those. Raises DataError, and
    DataTypeError for a wrong type.
    """
    if kind == "multi" and _is_indicator(labels):
        return _of_indicator(labels, list(classes))
    shape = shape_of(labels)
    if kind in ("multi", "path") and shape is not None and len(shape) == 2 and shape[1] != 1:
        labels = as_matrix(labels).tolist()  # as many names in every row
    advice = '; for several labels per text use target="multi"' if kind in ("single", "ordinal", "path") else ""
    if shape is not None and kind in ("single", "ordinal"):
        advice += ", for one-hot labels pass labels.argmax(axis=1)"
    found = as_column(labels, "labels", "label", advice)
    if kind in ("single", "ordinal"):
        return _of_classes(found)
    if kind == "number":
        return LabelInput(_numbers(found))
    reader = label_reader(kind, "label", trim=False, max_labels=len(found) + 1_000_000)
    plain = (label.tolist() if hasattr(label, "tolist") else label for label in found)
    return LabelInput([_take(reader, label, row) for row, label in enumerate(plain, start=1)])


def _take(reader: LabelReader, label: object, row: int) -> Label:
    try:
        return reader.take(label)
    except RowError as error:
        raise DataError(f"labels, {format_row(row)}: {error.reason}") from None
    except DataError as error:
        raise DataError(f"labels, {format_row(row)}: {error}") from None


def _numbers(cells: list[Any]) -> list[Any]:
    """Parse `cells` that are numbers or digits. Raises DataTypeError for other types, DataError for a missing cell."""
    for row, cell in enumerate(cells, start=1):
        if cell is None:
            raise DataError(
                f"labels, {format_row(row)}: expected a number, found none (None, NaN or NA); leave the row out"
            )
        if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
            do = "; write [float(label) for label in labels]" if isinstance(cell, bool) else ""
            raise DataTypeError(
                f"labels, {format_row(row)}: expected a number, found {type(cell).__name__} {quote(cell)}{do}"
            )
    return cells


# --- one class a text -------------------------------------------------------------------------


def _of_classes(cells: list[Any]) -> LabelInput:
    """Keep strings and integers; convert booleans and floats with integer values to integers."""
    kinds = {type(cell) for cell in cells}
    if kinds <= {str} or kinds <= {int}:
        return LabelInput(cells)
    if kinds <= {bool}:
        return LabelInput([int(cell) for cell in cells], "bool")
    if kinds <= {int, float} and all(float(cell).is_integer() for cell in cells):
        return LabelInput([int(cell) for cell in cells], "float")
    raise _refused(cells)


def _refused(cells: list[Any]) -> DataError:
    """Return the error for the first label that cannot be a class, or whose type differs from the first label's."""
    first = cells[0]
    for row, cell in enumerate(cells, start=1):
        place = f"labels, {format_row(row)}"
        if cell is None:
            return DataError(f"{place}: expected a label, found none (None, NaN or NA); leave the row out")
        if isinstance(cell, (list, tuple, set, frozenset, np.ndarray)):
            return DataTypeError(
                f'{place}: expected one label, found {quote(cell)}; for several labels per text use target="multi"'
            )
        if isinstance(cell, bytes):
            return DataTypeError(f"{place}: expected a string or an integer, found bytes; write label.decode()")
        if isinstance(cell, float) and not cell.is_integer():
            return DataError(
                f"{place}: expected a string or an integer, found the float {cell!r}; for continuous "
                'numbers use target="number"; for classes pass strings: [str(label) for label in labels]'
            )
        if not isinstance(cell, (str, int, float)):
            return DataTypeError(
                f"{place}: expected a string or an integer, found {type(cell).__name__} {quote(cell)}; "
                "write [str(label) for label in labels]"
            )
        if _kind(cell) != _kind(first):
            return DataTypeError(
                f"{place}: expected labels all strings, all integers or all flags, found {quote(first)} and then "
                f"{quote(cell)}; write [str(label) for label in labels]"
            )
    raise AssertionError("every label is a class of one kind")


def _kind(cell: object) -> type:
    return bool if isinstance(cell, bool) else str if isinstance(cell, str) else int


# --- any number of classes a text -------------------------------------------------------------


def _is_indicator(labels: Any) -> bool:
    """Whether `labels` are an indicator: two-dimensional, or rows of numbers."""
    if is_sparse(labels):
        return True
    if (names := column_names_of(labels)) is not None:
        return len(names) != 1 or _is_flag(next(iter(as_column(labels, "labels", "label")), None))
    shape = shape_of(labels)
    if shape is not None and len(shape) > 1:
        cells = as_matrix(labels)
        return not cells.size or _is_flag(cells.flat[0]) or set(cells.flat) <= {"0", "1"}
    if not isinstance(labels, (list, tuple)) and shape is None:
        return False  # an iterator must not be consumed
    rows = [row for row in labels if isinstance(row, (list, tuple, np.ndarray))]
    flags = (_is_flag(cell) for row in rows for cell in row)
    return len(rows) == len(labels) > 0 and any(len(row) for row in rows) and all(flags)


def _is_flag(cell: object) -> bool:
    return isinstance(cell, (bool, int, float, np.bool_, np.number))


def _of_indicator(labels: Any, classes: list[str]) -> LabelInput:
    """Convert rows of 0 and 1 to the names of the columns that hold 1."""
    names, matrix = _matrix_of(labels)
    if matrix.ndim != 2 or not matrix.shape[1]:
        raise DataError(
            "labels: expected 0 or 1 for each text and class, the shape (N, C), "
            f"found the shape {shape_of(labels) or matrix.shape}"
        )
    called = names or [str(number) for number in range(matrix.shape[1])]
    if classes:
        called, matrix = _in_order(names, matrix, classes)
    try:
        numbers = matrix.astype(np.float64)
    except (TypeError, ValueError):
        numbers = np.full(matrix.shape, np.nan)
    if (odd := np.argwhere((numbers != 0) & (numbers != 1))).size:
        row, column = odd[0].tolist()
        advice = _NAMES if isinstance(labels, (list, tuple)) else ""
        raise DataError(
            f"labels, {format_row(row + 1)}, column {quote(called[column])}: expected 0 or 1, "
            f"found {quote(matrix[row, column : column + 1].tolist()[0])}{advice}"
        )
    sets = [tuple(called[c] for c in np.flatnonzero(row)) for row in numbers]
    return LabelInput(sets, "sparse indicator" if is_sparse(labels) else "indicator", tuple(called))


def _matrix_of(labels: Any) -> tuple[list[str], NDArray[Any]]:
    """Return the column names, if there are any, and the cells (N, C)."""
    columns = column_names_of(labels)
    if columns is not None and (len(set(called := [str(name) for name in columns])) < len(columns) or "" in called):
        raise DataError(f"labels: expected columns with different names, found {quote_list(called)}")
    if columns is None:
        lengths = {len(row) for row in labels} if isinstance(labels, (list, tuple)) else set[int]()
        if len(lengths) > 1:
            shown = ", ".join(map(str, sorted(lengths)))
            raise DataError(
                f"labels: expected rows of one length, 0 or 1 for each class, found the lengths {shown}{_NAMES}"
            )
        return [], as_matrix(labels)
    cells = [as_column(labels[name], "labels", "label") for name in columns]
    return [str(name) for name in columns], np.array(cells, dtype=object).T.reshape(-1, len(columns))


def _in_order(names: list[str], matrix: NDArray[Any], classes: list[str]) -> tuple[list[str], NDArray[Any]]:
    """Return the `classes`, and the columns of `matrix` in their order, matched by name if columns have names."""
    if names and sorted(names) == sorted(classes):
        return classes, matrix[:, [names.index(name) for name in classes]]
    if names or matrix.shape[1] != len(classes):
        found = quote_list(names) if names else f"{matrix.shape[1]} columns"
        raise DataError(
            f"labels: expected a column for each of the {len(classes)} classes, {quote_list(classes)}, found {found}"
        )
    return classes, matrix
