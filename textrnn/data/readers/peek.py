"""A look at a file: its columns, and its texts without labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

import pyarrow.parquet as pq

from textrnn.config.data import TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.delimited import read_delimited, require_delimiter
from textrnn.data.readers.jsonlines import read_jsonlines
from textrnn.data.readers.lines import Decoding, read_lines
from textrnn.data.readers.parquet import read_parquet
from textrnn.data.readers.rows import BadRow, Row, refuse_bad
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import named_row, quoted
from textrnn.errors import DataError
from textrnn.process_wide import long_fields

TEXT_FORMAT = TextFormat()


def column_names(source: Source, text_format: TextFormat = TEXT_FORMAT) -> list[str]:
    """The columns of a CSV, TSV, JSON Lines or Parquet file; none for what has none. Raises DataError."""
    decoding = Decoding(text_format.errors)
    if source.kind in ("csv", "tsv"):
        return _header(source, text_format.delimiter or _delimiter(source), decoding)
    if source.kind == "jsonl":
        for line in read_lines(source.files[0], source.compression, decoding):
            if line.strip():
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError):
                    return []
                return list(value) if isinstance(value, dict) else []
    if source.kind == "parquet":
        try:
            return list(pq.read_schema(source.files[0]).names)
        except (OSError, ValueError):
            return []
    return []


def _header(source: Source, delimiter: str, decoding: Decoding) -> list[str]:
    lines = read_lines(source.files[0], source.compression, decoding)
    try:
        with long_fields():
            header = next((cells for cells in csv.reader(lines, delimiter=delimiter) if cells), [])
    except csv.Error:
        return []  # who reads the rows says what is wrong
    require_delimiter(header, delimiter, (), source.files[0])
    return header


def read_texts(source: Source, text_column: str, text_format: TextFormat = TEXT_FORMAT) -> Iterator[str]:
    """The texts of one file, without labels, in order. Raises DataError, naming the row."""
    for row, (text,) in refuse_bad(read_asked(source, Columns((text_column,)), text_format)):
        if not isinstance(text, str):
            place = (
                f"{source.name}, {named_row(row, headed=source.kind in ('csv', 'tsv'))}, column {quoted(text_column)}"
            )
            raise DataError(f"{place}: expected a text, found {quoted(text)}")
        yield text


def read_asked(source: Source, columns: Columns, text_format: TextFormat = TEXT_FORMAT) -> Iterator[Row | BadRow]:
    """The rows of one file, without labels: the cells of `columns.asked`, not yet looked at, or why it cannot be used.

    Raises DataError.
    """
    decoding = Decoding(text_format.errors)
    path, names = source.files[0] if source.files else None, columns.asked
    match source.kind:
        case "csv" | "tsv" if path:
            delimiter = text_format.delimiter or _delimiter(source)
            return read_delimited(path, source.compression, delimiter, names, decoding)
        case "jsonl" if path:
            return read_jsonlines(path, source.compression, names, decoding, optional=columns.beside)
        case "parquet" if path:
            return read_parquet(path, columns, 1 << 62, 1 << 62, labelled=False)
    raise DataError(f"{source.name}: expected a CSV, TSV, JSON Lines or Parquet file, found a {source.kind}")


def _delimiter(source: Source) -> str:
    return "\t" if source.kind == "tsv" else ","
