"""Parquet files, a few rows in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from textrnn.data.readers.arrow import BATCH, damaged, require_types, rows_of
from textrnn.data.readers.rows import Row
from textrnn.data.readers.wording import count
from textrnn.errors import DataError


def read_parquet(path: Path, columns: tuple[str, str], max_rows: int) -> Iterator[Row]:
    """Each row as its number from 1 and the values of the two `columns` (text, label).

    Raises DataError for a cut or damaged file, for columns that are missing or of another type, and,
    before anything is decoded, for more than `max_rows` rows.
    """
    try:
        with pq.ParquetFile(path) as file:
            require_types(file.schema_arrow, columns, str(path))
            if file.metadata.num_rows > max_rows:
                raise DataError(f"{path}: expected at most {count(max_rows, 'row')}, found {file.metadata.num_rows:,}")
            batches = file.iter_batches(batch_size=BATCH, columns=list(columns), use_threads=False)
            yield from rows_of(batches, columns, str(path))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise damaged(error, str(path)) from error
