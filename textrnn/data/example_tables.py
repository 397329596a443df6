"""Examples from Python callers: texts, or a table with named columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.data.columns import Columns, Example
from textrnn.data.python_columns import as_column, column_names_of, plain_cells
from textrnn.data.readers.column_positions import missing_column_error
from textrnn.data.readers.wording import format_row, quote, quote_list, suggest_nearest
from textrnn.errors import DataError, DataTypeError

_ADVICE = "; for several columns pass a data frame and text_column"


def examples_of(table: Any, columns: Columns, what: str = "texts") -> list[Example]:
    """Convert `table` to N examples: strings if `columns` are a single text, else tuples of the cells `columns.inputs`.

    `table` is an iterable of those (or an array (N, 1)); a table with these columns (a mapping of columns, a pandas or
    polars data frame, a `datasets` or Arrow table), whose only column may have any name where one text is read; or an
    iterable of mappings, one per row, which may lack tabular cells. A missing text (None, NaN, NA) is empty. Raises
    DataError for a missing column or columns of different lengths, DataTypeError for a text that is not a string.
    """
    names = column_names_of(table)
    if names is not None:
        return _of_table(table, names, columns, what)
    examples = as_column(table, what, "text", _ADVICE)
    if any(isinstance(example, Mapping) for example in examples):
        return [_of_row(row, columns, f"{what}, {format_row(number)}") for number, row in enumerate(examples, start=1)]
    if columns.text_only:
        return _as_texts(examples, what)
    if (odd := next((example for example in examples if not isinstance(example, tuple)), None)) is not None:
        wanted = ", ".join(map(quote, columns.inputs))
        raise DataTypeError(f"{what}: expected a table, or rows, with the columns {wanted}, found {quote(odd)}")
    return [
        _of_tuple(example, columns, f"{what}, {format_row(number)}") for number, example in enumerate(examples, start=1)
    ]


def require_column(labels: Any, texts: Any) -> None:
    """Refuse, by DataTypeError, the name of a column in place of its cells, as the `labels` of the table `texts`."""
    names = column_names_of(texts) if isinstance(labels, str) else None
    if names is None:
        return
    if labels in names:
        raise DataTypeError(
            f"labels: expected the labels themselves, found the name of a column; write texts[{quote(labels)}]"
        )
    texts_have = [str(name) for name in names]
    raise DataTypeError(
        f"labels: expected the labels themselves, found one string, {quote(labels)}, and texts have no such column"
        f"{suggest_nearest(labels, texts_have)}; they have {quote_list(texts_have)}"
    )


def _of_table(table: Any, names: list[Any], columns: Columns, what: str) -> list[Example]:
    inputs = names if columns.text_only and len(names) == 1 else list(columns.inputs)
    for name in inputs:
        if name not in names:
            raise missing_column_error([str(name) for name in names], name, what)
    found = [as_column(table[name], f"{what}, column {quote(name)}", "text") for name in inputs]
    if len(lengths := {len(cells) for cells in found}) > 1:
        raise DataError(f"{what}: expected columns of one length, found {', '.join(map(str, sorted(lengths)))}")
    for place, name in enumerate(inputs[: len(columns.text)]):
        found[place] = _as_texts(found[place], what, str(name))
    return found[0] if columns.text_only else list(zip(*found, strict=True))


def _of_row(row: object, columns: Columns, place: str) -> Example:
    if not isinstance(row, Mapping):
        raise DataTypeError(f"{place}: expected a row with named columns as the others are, found {quote(row)}")
    for name in columns.text:
        if name not in row:
            raise missing_column_error(list(row), name, place)
    cells = _of_tuple(tuple(row.get(name) for name in columns.inputs), columns, place)
    return cells[0] if columns.text_only else cells


def _of_tuple(row: tuple[object, ...], columns: Columns, place: str) -> tuple[Any, ...]:
    if len(row) != len(columns.inputs):
        raise DataError(f"{place}: expected the columns {', '.join(map(quote, columns.inputs))}, found {quote(row)}")
    cells = plain_cells(row)
    texts = [_as_text(cell, f"{place}, column {quote(name)}") for name, cell in zip(columns.text, cells, strict=False)]
    return (*texts, *cells[len(texts) :])


def _as_texts(cells: list[Any], what: str, column: str = "") -> list[Any]:
    named = f", column {quote(column)}" if column else ""
    return [
        cell if type(cell) is str else _as_text(cell, f"{what}, {format_row(row)}{named}")
        for row, cell in enumerate(cells, start=1)
    ]


def _as_text(cell: object, place: str) -> str:
    """Return the text in a cell, "" if it is missing. Raises DataTypeError, which names `place`, for other types."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    do = "text.decode()" if isinstance(cell, bytes) else "str(text)"
    shown = "bytes" if isinstance(cell, bytes) else f"{type(cell).__name__} {quote(cell)}"
    several = isinstance(cell, (list, tuple)) or hasattr(cell, "shape")
    raise DataTypeError(
        f"{place}: expected a text, found {shown}; " + (_ADVICE.removeprefix("; ") if several else f"write {do}")
    )
