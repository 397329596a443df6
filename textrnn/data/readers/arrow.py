"""Rows out of Arrow tables: of Parquet files, of dataset folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from textrnn.config.data import TargetKind
from textrnn.data.columns import Columns
from textrnn.data.readers.column_positions import require_columns
from textrnn.data.readers.rows import Row
from textrnn.data.readers.wording import format_row, quote, too_large_error
from textrnn.errors import DataError

BATCH_ROWS = 1024  # rows decoded at a time
MAX_BATCH_BYTES = 1 << 26  # bytes of them
_LABELS: dict[TargetKind, str] = {
    "single": "strings or integers",
    "ordinal": "strings or integers",
    "path": "strings or lists of strings",
    "multi": "strings or lists of strings",
    "number": "numbers",
}


def require_types(
    schema: pa.Schema, columns: Columns, place: str, kind: TargetKind | None = "single"
) -> tuple[str, ...]:
    """The columns as the schema calls them, without whitespace around their names: `columns.names`, or those where
    no label is read (`kind` None).

    Raises DataError for a schema without string text columns, a label column as a target of `kind` has it, and what may
    stand beside the text.
    """
    wanted = columns.inputs if kind is None else columns.names
    fields = [schema.field(at) for at in require_columns(schema.names, wanted, place)]
    type_of = {name: field.type for name, field in zip(wanted, fields, strict=True)}
    for text in columns.text:
        if not is_string(found := type_of[text]):
            raise DataError(f"{place}: expected strings in the column {quote(text)}, found {found}")
    if kind is not None and not _can_be_label(found := type_of[columns.label], kind):
        raise DataError(f"{place}: expected {_LABELS[kind]} in the column {quote(columns.label)}, found {found}")
    for name in columns.numeric:
        if not _is_numeric(found := type_of[name]):
            raise DataError(f"{place}: expected numbers in the column {quote(name)}, found {found}")
    for name in columns.categorical:
        if not _is_category(found := type_of[name]):
            raise DataError(f"{place}: expected strings or integers in the column {quote(name)}, found {found}")
    return tuple(field.name for field in fields)


def rows_of(
    tables: Iterable[pa.Table | pa.RecordBatch], columns: Sequence[str], place: str, max_bytes: int, *, start: int = 1
) -> Iterator[Row]:
    """Each row of the tables as its number, from `start`, and the values of the `columns`.

    Raises DataError for damaged data, and for columns of more than `max_bytes` in all, before they are decoded:
    one string that a file says a thousand times is held once.
    """
    size = 0
    try:
        for table in tables:
            if (size := size + sum(stored_bytes(table.column(name)) for name in columns)) > max_bytes:
                raise too_large_error(
                    f"{place}, row {start} to {start + table.num_rows - 1} (counted from 1)", max_bytes
                )
            for some in _parts(table, columns, start, place):
                cells = [_values(some.column(name)) for name in columns]
                yield from enumerate(zip(*cells, strict=True), start)
                start += some.num_rows
    except (pa.ArrowException, OSError) as error:
        raise damaged_error(error, place) from error


def _parts(
    table: pa.Table | pa.RecordBatch, columns: Sequence[str], start: int, place: str
) -> Iterator[pa.Table | pa.RecordBatch]:
    """The table in parts of which none takes more than MAX_PART decoded. Raises DataError for a larger row."""
    size = sum(stored_bytes(table.column(name)) for name in columns)
    if size <= MAX_BATCH_BYTES:
        yield table
    elif table.num_rows <= 1:
        raise DataError(
            f"{place}, {format_row(start)}: expected a row of at most {MAX_BATCH_BYTES:,} bytes, found {size:,}"
        )
    else:
        half = table.num_rows // 2
        yield from _parts(table.slice(0, half), columns, start, place)
        yield from _parts(table.slice(half), columns, start + half, place)


def stored_bytes(column: pa.Array | pa.ChunkedArray) -> int:
    """The bytes that the cells of a column would take decoded."""
    if isinstance(column, pa.ChunkedArray):
        return sum(map(stored_bytes, column.chunks))
    if isinstance(column, pa.DictionaryArray) and is_string(column.dictionary.type):
        lengths = pc.binary_length(column.dictionary.cast(pa.large_string())).cast(pa.int64())
        return int(pc.sum(lengths.take(column.indices)).as_py() or 0)
    return int(column.nbytes)


def damaged_error(error: Exception, place: str) -> DataError:
    """The error for a file that Arrow cannot read."""
    what = " ".join(str(error).split()) or type(error).__name__
    return DataError(f"{place}: expected a whole file, but it is cut or damaged: {what[:200]}")


def _can_be_label(found: pa.DataType, kind: TargetKind) -> bool:
    lists = pa.types.is_list(found) or pa.types.is_large_list(found)
    match kind:
        case "number":
            return _is_numeric(found)
        case "multi" | "path":
            return is_string(found) or (
                lists and (is_string(found.value_type) or pa.types.is_integer(found.value_type))
            )
        case _:
            return is_string(found) or pa.types.is_integer(found)


def _is_numeric(found: pa.DataType) -> bool:
    empty = pa.types.is_null(found)
    return empty or is_string(found) or bool(pa.types.is_integer(found) or pa.types.is_floating(found))


def _is_category(found: pa.DataType) -> bool:
    return is_string(found) or bool(pa.types.is_integer(found) or pa.types.is_boolean(found) or pa.types.is_null(found))


def is_string(kind: pa.DataType) -> bool:
    """Whether cells of this type are strings, held one by one or by number."""
    if pa.types.is_dictionary(kind):
        return is_string(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _values(column: pa.Array | pa.ChunkedArray) -> Sequence[object]:
    try:
        if isinstance(column, pa.DictionaryArray):
            return _share(column)
        values: list[object] = column.to_pylist()
        return values
    except UnicodeDecodeError:
        return [_as_python(cell) for cell in column]


def _share(column: pa.DictionaryArray) -> list[object]:
    """The values of a column in which equal ones are one object."""
    used = pc.unique(column.indices).drop_null()
    value_of = dict(zip(used.to_pylist(), column.dictionary.take(used).to_pylist(), strict=True))
    return [value_of.get(index) for index in column.indices.to_pylist()]


def _as_python(cell: pa.Scalar) -> object:
    """The value of a cell; of a string that is not UTF-8 its bytes, which nobody takes for a text."""
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        if isinstance(cell, pa.DictionaryScalar):
            return _as_python(cell.value)
        return [_as_python(part) for part in cell.values] if hasattr(cell, "values") else bytes(cell.as_buffer())
