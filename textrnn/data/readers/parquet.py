"""Parquet files, a few rows in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from textrnn.config.data import TargetKind
from textrnn.data.columns import Columns
from textrnn.data.readers.arrow import BATCH_ROWS, damaged_error, require_types, rows_of
from textrnn.data.readers.rows import Row
from textrnn.data.readers.wording import count, too_large_error
from textrnn.errors import DataError
from textrnn.storage.file_names import library_path

MAX_GROUP_BYTES = 1 << 31  # bytes, uncompressed


def read_parquet(
    path: Path, columns: Columns, max_rows: int, max_bytes: int, kind: TargetKind = "single", *, labelled: bool = True
) -> Iterator[Row]:
    """Each row as its number from 1 and the values of the `columns`, all of them or, if not `labelled`, the inputs.

    Raises DataError for a cut or damaged file, for columns that are missing or of another type, and,
    before anything is decoded, for more than `max_rows` rows or `max_bytes` of text and labels.
    """
    try:
        with pq.ParquetFile(library_path(path)) as file:
            names = require_types(file.schema_arrow, columns, str(path), kind if labelled else None)
            metadata = file.metadata
        if metadata.num_rows > max_rows:
            raise DataError(f"{path}: expected at most {count(max_rows, 'row')}, found {metadata.num_rows:,}")
        if _stored_size(metadata, names) > max_bytes:
            raise too_large_error(str(path), max_bytes)
        require_small_groups(metadata, names, path)
        # strings stay as the file encodes them, each once, until it is known what they amount to
        with pq.ParquetFile(
            library_path(path), metadata=metadata, read_dictionary=_dictionaries(metadata, names)
        ) as file:
            batches = file.iter_batches(batch_size=BATCH_ROWS, columns=list(names), use_threads=False)
            yield from rows_of(batches, names, str(path), max_bytes)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise damaged_error(error, str(path)) from error


def parquet_names(path: Path) -> list[str]:
    """The names of the columns of a Parquet file, none where it cannot be read: who reads the rows says why."""
    try:
        return list(pq.read_schema(library_path(path)).names)
    except (OSError, ValueError):
        return []


def require_small_groups(metadata: pq.FileMetaData, columns: Sequence[str], path: Path) -> None:
    """Refuse, by DataError, groups of rows of which one does not fit in memory: it is read at once."""
    for number in range(metadata.num_row_groups):
        chunks = _chunks_of(metadata.row_group(number), columns)
        if (size := sum(chunk.total_uncompressed_size for chunk in chunks)) > MAX_GROUP_BYTES:
            raise DataError(
                f"{path}: expected groups of rows of at most {MAX_GROUP_BYTES:,} bytes, found one of {size:,}; "
                "write the file with smaller row groups"
            )


def _dictionaries(metadata: pq.FileMetaData, columns: Sequence[str]) -> list[str]:
    """Which of the `columns` the file holds by numbers into a dictionary, where one cell may stand for many."""
    chunks = (chunk for group in range(metadata.num_row_groups) for chunk in _chunks(metadata.row_group(group)))
    return sorted({chunk.path_in_schema for chunk in chunks if chunk.has_dictionary_page} & set(columns))


def _stored_size(metadata: pq.FileMetaData, columns: Sequence[str]) -> int:
    """The bytes of the columns uncompressed, as the file says: what pages without a dictionary decode to."""
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return sum(chunk.total_uncompressed_size for group in groups for chunk in _chunks_of(group, columns))


def _chunks_of(group: pq.RowGroupMetaData, columns: Sequence[str]) -> Iterator[pq.ColumnChunkMetaData]:
    """The chunks of the wanted columns."""
    for chunk in _chunks(group):
        if chunk.path_in_schema.split(".")[0] in columns or chunk.path_in_schema in columns:
            yield chunk


def _chunks(group: pq.RowGroupMetaData) -> Iterator[pq.ColumnChunkMetaData]:
    return map(group.column, range(group.num_columns))
