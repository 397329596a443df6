"""Rows with their predictions as a Parquet file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.predicting.input_columns import OriginalColumns, cell_text
from pipelines.predicting.output_columns import REJECTED, OutputColumns
from pipelines.predicting.predicted_rows import PredictedRows, table_columns
from pipelines.predicting.prediction_files import PARQUET_MARK

_PLAIN = {str: "string", bool: "bool_", int: "int64", float: "float64"}


class ParquetEncoder:
    """How rows become a Parquet file: the input's columns, then the prediction's, a row group a chunk.

    The columns are those of `schema` (of Parquet); of JSON Lines by the `kinds` of values that each has, text where
    these are several; of CSV text.
    """

    def __init__(
        self,
        shown: OutputColumns,
        original: OriginalColumns,
        *,
        schema: Any = None,
        kinds: Mapping[str, set[type]] | None = None,
    ) -> None:
        self._shown, self._original, self._is_arrow = shown, original, schema is not None
        self._fields = list(schema) if schema is not None else _fields(original.names, kinds or {})
        added = zip(map(shown.unique_name, shown.added_columns), _types(shown), strict=True)
        self.schema = pa.schema(
            [*self._fields, *(pa.field(name, kind) for name, kind in added)],
            metadata={**((schema.metadata or {}) if schema is not None else {}), PARQUET_MARK: b"predict"},
        )

    def encode(self, predicted: PredictedRows | None, *, first: bool) -> bytes:
        """Returns rows, if any, as a chunk: an Arrow stream, which keeps each value."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.schema) as out:
            if predicted is not None:
                out.write_table(self._table(predicted))
        return bytes(sink.getvalue())

    def compress(self, chunk: bytes) -> bytes:
        """Returns the chunk as it is: Parquet compresses its columns itself."""
        return chunk

    def widen(self, chunk: bytes, *, first: bool) -> bytes:
        """Returns the chunk as it is: it has the column for errors."""
        return chunk

    @contextmanager
    def open_writer(
        self, file: BinaryIO, *, compressed: bool = False, errors: bool = True
    ) -> Iterator[Callable[[bytes], None]]:
        """Yields a function that writes one chunk after another to `file`, with or without the column for `errors`."""
        left_out = [] if errors or not self._shown.errors else [len(self.schema) - 1]
        schema = self.schema
        for place in left_out:
            schema = schema.remove(place)
        with pq.ParquetWriter(file, schema) as out:

            def write(chunk: bytes) -> None:
                with pa.ipc.open_stream(chunk) as stream:
                    table = stream.read_all()
                for place in left_out:
                    table = table.remove_column(place)
                if table.num_rows:
                    out.write_table(table, row_group_size=table.num_rows)

            yield write

    def _table(self, predicted: PredictedRows) -> Any:
        if self._is_arrow:
            columns = _arrow_columns(predicted.original, self._fields)
        else:
            cells = [self._original.cells(row) for row in predicted.original]
            columns = [_array([row[i] for row in cells], field.type) for i, field in enumerate(self._fields)]
        added = table_columns(predicted, self._shown, joined=False)
        for values, kind in zip(added, _types(self._shown), strict=True):
            columns.append(_array(values, kind))
        return pa.Table.from_arrays(columns, schema=self.schema).combine_chunks().unify_dictionaries()


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
    """The types of `shown.added_columns`."""
    number = bool(shown.classes) and all(isinstance(label, int) for label in shown.classes)
    label = pa.int64() if number else pa.string()
    key = {"value": pa.float64(), "labels": pa.list_(pa.string())}.get(shown.key, label)
    about = {"accepted": pa.bool_(), "tokens": pa.int64(), "cut": pa.bool_(), "model": pa.string()}
    types = about | {shown.key: key, REJECTED: label, "error": pa.string()}
    if shown.top is not None:
        types |= {f"label_{i}": label for i in range(1, shown.top + 1)}
    return [types.get(name, pa.float64()) for name in shown.added_columns]


def _array(values: Sequence[object], kind: Any) -> Any:
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
        parts = [part.column(i) for part in slices]
        parts = [part if part.type == field.type else part.cast(field.type) for part in parts]
        found.append(pa.chunked_array(parts, field.type))
    return found
