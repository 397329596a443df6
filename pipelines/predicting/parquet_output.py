"""Rows with their predictions as a Parquet file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.predicting.csv_json_output import prediction_cells
from pipelines.predicting.input_columns import OriginalColumns, cell_text
from pipelines.predicting.output_columns import OutputColumns, PredictedRow
from pipelines.predicting.prediction_files import MARK

_PLAIN = {str: "string", bool: "bool_", int: "int64", float: "float64"}


def write_parquet(
    file: BinaryIO,
    windows: Iterable[list[PredictedRow]],
    shown: OutputColumns,
    original: OriginalColumns,
    *,
    schema: Any = None,
    kinds: Mapping[str, set[type]] | None = None,
) -> None:
    """Write the input's columns, then the prediction's, a row group a window.

    The columns are those of `schema` (of Parquet); of JSON Lines by the `kinds` of values that each has, text where
    these are several; of CSV text.
    """
    fields = list(schema) if schema is not None else _fields(original.names, kinds or {})
    types = [*(field.type for field in fields), *_types(shown)]
    names = [*(field.name for field in fields), *map(shown.call, shown.added)]
    whole = pa.schema(
        [
            *fields,
            *(pa.field(name, kind) for name, kind in zip(names[len(fields) :], types[len(fields) :], strict=True)),
        ],
        metadata={**((schema.metadata or {}) if schema is not None else {}), MARK: b"predict"},
    )
    answer_of = prediction_cells(shown, joined=False)
    with pq.ParquetWriter(file, whole) as out:
        for window in windows:
            if schema is not None:
                columns = _arrow_columns([row.original for row in window], fields)
            else:
                cells = [original.cells(row.original) for row in window]
                columns = [_array([row[i] for row in cells], field.type) for i, field in enumerate(fields)]
            added = [answer_of(row) for row in window]
            for i, kind in enumerate(types[len(fields) :]):
                columns.append(_array([row[i] for row in added], kind))
            out.write_table(pa.Table.from_arrays(columns, schema=whole))


def arrow_values() -> Callable[[Any], Sequence[object]]:
    """What makes Python values of a row of Parquet; those of a batch are made once."""
    batch: Any = None
    columns: list[list[object]] = []

    def values(row: Any) -> Sequence[object]:
        nonlocal batch, columns
        if row.batch is not batch:
            batch, columns = row.batch, [_to_python(column) for column in row.batch.columns]
        return [column[row.place] for column in columns]

    return values


def _to_python(column: Any) -> list[object]:
    try:
        values: list[object] = column.to_pylist()
    except (ValueError, OverflowError):  # a time to the nanosecond is more than Python's
        values = column.cast(pa.string()).to_pylist()
    return values


def _fields(names: Sequence[str], kinds: Mapping[str, set[type]]) -> list[Any]:
    fields = []
    for name in names:
        found = kinds.get(name, {str}) - {type(None)}
        only = float if found == {int, float} else next(iter(found)) if len(found) == 1 else str
        fields.append(pa.field(name, getattr(pa, _PLAIN.get(only, "string"))()))
    return fields


def _types(shown: OutputColumns) -> list[Any]:
    """The types of `shown.added`."""
    number = bool(shown.classes) and all(isinstance(label, int) for label in shown.classes)
    label = pa.int64() if number else pa.string()
    key = {"value": pa.float64(), "labels": pa.list_(pa.string())}.get(shown.key, label)
    texts = {shown.key: key, "precision": pa.string(), "error": pa.string()}
    if shown.top is not None:
        texts |= {f"label_{i}": label for i in range(1, shown.top + 1)}
    return [texts.get(name, pa.float64()) for name in shown.added]


def _array(values: list[object], kind: Any) -> Any:
    if not pa.types.is_string(kind):
        return pa.array(values, kind)
    texts = [None if value is None else str(cell_text(value)) for value in values]
    try:
        return pa.array(texts, kind)
    except UnicodeEncodeError:  # half of a pair, which JSON can say
        return pa.array([text and text.encode("utf-8", "backslashreplace").decode() for text in texts], kind)


def _arrow_columns(rows: Sequence[Any], fields: Sequence[Any]) -> list[Any]:
    """The columns of rows that lie side by side in their batches, as the file's schema has them."""
    slices = []
    for _, group in groupby(rows, key=lambda row: id(row.batch)):
        run = list(group)
        slices.append(run[0].batch.slice(run[0].place, len(run)))
    found = []
    for i, field in enumerate(fields):
        column = pa.chunked_array([part.column(i) for part in slices], slices[0].column(i).type)
        found.append(column.cast(field.type) if column.type != field.type else column)
    return found
