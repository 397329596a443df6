"""Whole rows: the cells a model reads beside the row itself, which is written again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, cast

import pyarrow as pa
import pyarrow.parquet as pq

from textrnn.config.data import TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.arrow import BATCH, damaged, is_string, require_types, rows_of, stored_bytes
from textrnn.data.readers.column_positions import missing_column
from textrnn.data.readers.delimited import delimiter_of, read_delimited
from textrnn.data.readers.fasttext import read_labelled_lines, require_one_text
from textrnn.data.readers.jsonlines import JsonRow, parse_object, read_jsonlines
from textrnn.data.readers.labelled_lines import LabelledLine
from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.packed import Compression
from textrnn.data.readers.parquet import refuse_other_formats, require_small_groups
from textrnn.data.readers.rows import BadRow, Row
from textrnn.data.readers.source import Source
from textrnn.errors import DataError, RowError
from textrnn.storage.file_names import library_path

MAX_NAMES = 10_000  # columns of a file of JSON Lines
MAX_BATCH = 1 << 30  # bytes of a thousand rows of Parquet, decoded


class ArrowRow(NamedTuple):
    """The row at `place`, from 0, of `batch`."""

    batch: pa.RecordBatch
    place: int


OriginalRow = list[str] | JsonRow | ArrowRow  # a row of CSV, of JSON Lines, of Parquet
FullRow = tuple[int, tuple[object, ...], OriginalRow]


@dataclass(frozen=True)
class FullTable:
    """A table to be read row by row.

    `names` are its columns in order (of JSON Lines those of any row). `rows` gives each row's number from 1, the cells
    `Columns.inputs`, and the row itself, or a bad row. `schema` is that of a Parquet file; `kinds` are the types of
    values that each column of JSON Lines has.
    """

    names: tuple[str, ...]
    rows: Iterator[FullRow | BadRow]
    schema: pa.Schema | None = None
    kinds: dict[str, set[type]] = field(default_factory=dict)


def read_full_table(source: Source, columns: Columns, text_format: TextFormat, notes: Notes) -> FullTable:
    """The rows of one file, without labels, with everything in them. Raises DataError."""
    path = source.files[0] if source.files else None
    match source.kind:
        case "csv" | "tsv" if path:
            return _read_delimited(path, source, columns, text_format, notes)
        case "jsonl" if path:
            kinds = survey_columns(path, source.compression, text_format, Notes(by_row=True))
            if kinds and (missing := [name for name in columns.text if name not in kinds]):
                raise missing_column(list(kinds), missing[0], source.name)  # of no row: a mistake in the name
            rows = read_jsonlines(
                path, source.compression, columns.inputs, text_format, notes, optional=columns.tabular, whole=True
            )
            return FullTable(tuple(kinds), _apart(rows), kinds=kinds)
        case "parquet" if path:
            return _read_parquet(path, columns)
        case "fasttext" if path:
            require_one_text(columns, source.name)
            lines = read_labelled_lines(path, source.compression, text_format, notes)
            return FullTable((columns.label, *columns.text), map(_whole_line, lines))
    raise DataError(f"{source.name}: expected a CSV, TSV, JSON Lines, Parquet or fastText file, found a {source.kind}")


def survey_columns(
    path: Path, compression: Compression | None, text_format: TextFormat, notes: Notes
) -> dict[str, set[type]]:
    """The names in any row of a file of JSON Lines, in the order in which they come, with the types of their values.

    A line that is no JSON object is passed over: who reads the rows says so. Raises DataError for more than 10,000
    names.
    """
    found: dict[str, set[type]] = {}
    for line in read_lines(path, compression, text_format, notes):
        try:
            value = parse_object(line)
        except RowError:
            continue
        for name, cell in value.items():
            huge = isinstance(cell, int) and not -(1 << 63) <= cell < 1 << 63
            found.setdefault(name, set()).add(object if huge else type(cell))
        if len(found) > MAX_NAMES:
            raise DataError(f"{path}: expected at most {MAX_NAMES:,} different names in its rows, found more")
    return found


def _apart(rows: Iterator[Row | BadRow]) -> Iterator[FullRow | BadRow]:
    for row in rows:
        yield row if isinstance(row, BadRow) else (row[0], row[1][:-1], cast(OriginalRow, row[1][-1]))


def _whole_line(row: tuple[int, LabelledLine, int] | BadRow) -> FullRow | BadRow:
    """A line of fastText as the cells label, several of them with blanks between as no label has one, then text."""
    if isinstance(row, BadRow):
        return replace(row, original=["", str(row.original)])
    number, (labels, text), _ = row
    return number, (text,), [" ".join(labels), text]


def _read_delimited(path: Path, source: Source, columns: Columns, text_format: TextFormat, notes: Notes) -> FullTable:
    header: list[str] = []
    delimiter = delimiter_of(source.kind)
    rows = read_delimited(path, source.compression, delimiter, columns.inputs, text_format, notes, names=header)
    first = next(rows, None)  # the header is read with it
    return FullTable(tuple(header), _apart(itertools.chain([] if first is None else [first], rows)))


def _read_parquet(path: Path, columns: Columns) -> FullTable:
    refuse_other_formats(path)
    try:
        schema = pq.read_schema(library_path(path))
    except (pa.ArrowException, OSError) as error:
        raise damaged(error, str(path)) from error
    names = require_types(schema, columns, str(path), None)
    return FullTable(tuple(schema.names), _parquet_rows(path, names, schema), schema)


def _parquet_rows(path: Path, names: tuple[str, ...], schema: pa.Schema) -> Iterator[FullRow | BadRow]:
    # strings stay as the file encodes them, each once, until it is known what they amount to
    once = [column.name for column in schema if is_string(column.type) and schema.names.count(column.name) == 1]
    start = 1
    try:
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
                    yield number, cells, ArrowRow(batch, place)
                start += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise damaged(error, str(path)) from error
