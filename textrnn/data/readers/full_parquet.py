"""Whole rows of Parquet: the cells a model reads beside the place of the row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from textrnn.data.columns import Columns
from textrnn.data.readers.arrow import BATCH, damaged, is_string, require_types, rows_of, stored_bytes
from textrnn.data.readers.bytes_read import BytesRead
from textrnn.data.readers.parquet import require_small_groups
from textrnn.data.readers.rows import Row
from textrnn.errors import DataError
from textrnn.storage.file_names import library_path

MAX_BATCH = 1 << 30  # bytes of a thousand rows, decoded


class ArrowRow(NamedTuple):
    """The row at `place`, from 0, of `batch`."""

    batch: pa.RecordBatch
    place: int


def read_full_parquet(
    path: Path, columns: Columns, bytes_read: BytesRead | None = None
) -> tuple[tuple[str, ...], Iterator[Row], pa.Schema]:
    """The names of the columns, the rows, and the schema of a Parquet file; `bytes_read` counts it, as a whole, before
    the first row. Raises DataError.
    """
    try:
        schema = pq.read_schema(library_path(path))
    except (pa.ArrowException, OSError) as error:
        raise damaged(error, str(path)) from error
    names = require_types(schema, columns, str(path), None)
    return tuple(schema.names), _parquet_rows(path, names, schema, bytes_read), schema


def _parquet_rows(path: Path, names: tuple[str, ...], schema: pa.Schema, bytes_read: BytesRead | None) -> Iterator[Row]:
    # strings stay as the file encodes them, each once, until it is known what they amount to
    once = [column.name for column in schema if is_string(column.type) and schema.names.count(column.name) == 1]
    start = 1
    try:
        if bytes_read is not None:
            bytes_read.take_file(path)
        with pq.ParquetFile(library_path(path), read_dictionary=once) as file:
            require_small_groups(file.metadata, schema.names, path)
            for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
                if sum(map(stored_bytes, batch.columns)) > MAX_BATCH:
                    raise DataError(
                        f"{path}, row {start} to {start + batch.num_rows - 1}: expected at most {MAX_BATCH:,} bytes, "
                        "found more"
                    )
                rows = rows_of([batch], names, str(path), MAX_BATCH, start=start)
                for place, (number, cells) in enumerate(rows):
                    yield number, (*cells, ArrowRow(batch, place))
                start += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise damaged(error, str(path)) from error
