"""What a caller hands over as examples: texts, or a table with named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textrnn.data.columns import Asked, Columns
from textrnn.data.readers.columns import missing_column
from textrnn.data.readers.wording import quoted
from textrnn.errors import DataError


def examples_of(given: Any, columns: Columns, what: str = "texts") -> list[Asked]:
    """`given` as N examples: texts where `columns` are one text and nothing else, else tuples of the cells asked.

    It may be an iterable of those; a table with these columns (a mapping of columns, a data frame of pandas or polars,
    a `datasets` or Arrow table); or an iterable of rows, each a mapping, in which a cell beside the text may be absent.
    Raises DataError for a column that is not there, or columns of different lengths.
    """
    if isinstance(given, (str, bytes)):
        raise DataError(f"{what}: expected a list, found one string; write [{what[:-1]}]")
    names = _names_of(given)
    if names is not None:
        for name in columns.asked:
            if name not in names:
                raise missing_column(names, name, what)
        found = [_cells_of(given[name]) for name in columns.asked]
        if len(lengths := {len(cells) for cells in found}) > 1:
            raise DataError(f"{what}: expected columns of one length, found {', '.join(map(str, sorted(lengths)))}")
        return list(found[0]) if columns.plain else list(zip(*found, strict=True))
    examples = list(given)
    if any(isinstance(example, Mapping) for example in examples):
        return [_of_row(row, columns, f"{what}, row {number}") for number, row in enumerate(examples, start=1)]
    if not columns.plain and (odd := next((example for example in examples if not isinstance(example, tuple)), None)):
        wanted = ", ".join(map(quoted, columns.asked))
        raise DataError(f"{what}: expected a table, or rows, with the columns {wanted}, found {quoted(odd)}")
    return examples


def _names_of(given: Any) -> Sequence[str] | None:
    """The names of a table's columns; None of what is no table."""
    if isinstance(given, Mapping):
        return list(given)
    names = getattr(given, "column_names", None)  # Arrow's and datasets' tables
    if names is None:
        names = getattr(given, "columns", None)  # a data frame
    return None if names is None else list(names)


def _cells_of(column: Any) -> list[Any]:
    """The cells of a column as plain Python has them, None where pandas has one of its ways to say nothing."""
    if hasattr(column, "notna"):
        column = column.astype(object).where(column.notna(), None)
    for way in ("to_pylist", "tolist", "to_list"):
        if hasattr(column, way):
            return list(getattr(column, way)())
    return list(column)


def _of_row(row: object, columns: Columns, place: str) -> Asked:
    if not isinstance(row, Mapping):
        raise DataError(f"{place}: expected a row with named columns as the others are, found {quoted(row)}")
    for name in columns.text:
        if name not in row:
            raise missing_column(list(row), name, place)
    if columns.plain:
        return row[columns.text[0]]  # type: ignore[no-any-return]
    return tuple(row.get(name) for name in columns.asked)
