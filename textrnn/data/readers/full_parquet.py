"""Whole rows of Parquet: the cells that a model reads, with the place of the row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from textrnn.data.columns import Columns
from textrnn.data.readers.arrow import BATCH_ROWS, damaged_error, is_string, require_types, rows_of, stored_bytes
from textrnn.data.readers.parquet import require_small_groups
from textrnn.data.readers.read_digest import ReadDigest
from textrnn.data.readers.rows import Row
from textrnn.errors import DataError
from textrnn.storage.file_names import library_path

MAX_BATCH_BYTES = 1 << 30  # bytes of a thousand rows, decoded
MAX_DECODED_BYTES = 1 << 28  # bytes of a group of rows that is decoded at once


class ArrowRow(NamedTuple):
    """The row at `place`, from 0, of `batch`."""

    batch: pa.RecordBatch
    place: int


def read_full_parquet(
    path: Path, columns: Columns, read_digest: ReadDigest | None = None
) -> tuple[tuple[str, ...], Iterator[Row], pa.Schema]:
    """The names of the columns, the rows, and the schema of a Parquet file; `read_digest` counts it, as a whole, before
    the first row. Raises DataError.
    """
    try:
        schema = pq.read_schema(library_path(path))
    except (pa.ArrowException, OSError) as error:
        raise damaged_error(error, str(path)) from error
    names = require_types(schema, columns, str(path), None)
    return tuple(schema.names), _parquet_rows(path, names, schema, read_digest), schema


def _batches(file: pq.ParquetFile, schema: pa.Schema, once: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a file, a thousand at a time; the columns `once` are read as dictionaries."""
    for number in range(file.num_row_groups):
        if (table := _decoded_group(file, number, schema, once)) is not None:
            yield from table.to_batches(max_chunksize=BATCH_ROWS)
        else:
            yield from file.iter_batches(batch_size=BATCH_ROWS, row_groups=[number], use_threads=False)


def _decoded_group(file: pq.ParquetFile, number: int, schema: pa.Schema, once: Sequence[str]) -> pa.Table | None:
    """A group of rows with its strings decoded, one column in memory twice; None where it is large, or not known to be
    small before it is decoded.

    Batches of a column that is read as a dictionary each hold all strings before them: that takes the square of the
    rows.
    """
    odd = len(set(schema.names)) < len(schema.names) or any("." in name for name in schema.names)
    if odd or file.metadata.row_group(number).total_byte_size > MAX_DECODED_BYTES:
        return None
    columns, size = [], 0
    for field in schema:
        column = file.read_row_group(number, columns=[field.name], use_threads=False).column(0)
        if (size := size + stored_bytes(column)) > MAX_DECODED_BYTES:
            return None
        columns.append(column.cast(field.type) if field.name in once and column.type != field.type else column)
    return pa.Table.from_arrays(columns, schema=schema)


def _parquet_rows(
    path: Path, names: tuple[str, ...], schema: pa.Schema, read_digest: ReadDigest | None
) -> Iterator[Row]:
    # strings stay as the file encodes them, each once, until it is known what they amount to
    once = [column.name for column in schema if is_string(column.type) and schema.names.count(column.name) == 1]
    start = 1
    try:
        if read_digest is not None:
            read_digest.take_file(path)
        with pq.ParquetFile(library_path(path), read_dictionary=once) as file:
            require_small_groups(file.metadata, schema.names, path)
            for batch in _batches(file, schema, once):
                if sum(map(stored_bytes, batch.columns)) > MAX_BATCH_BYTES:
                    raise DataError(
                        f"{path}, rows {start} to {start + batch.num_rows - 1}: expected at most {MAX_BATCH_BYTES:,} "
                        "bytes, found more"
                    )
                rows = rows_of([batch], names, str(path), MAX_BATCH_BYTES, start=start)
                for place, (number, cells) in enumerate(rows):
                    yield number, (*cells, ArrowRow(batch, place))
                start += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise damaged_error(error, str(path)) from error
