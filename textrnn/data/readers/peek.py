"""A look at a file: its columns, and its texts without labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

import pyarrow.parquet as pq

from textrnn.data.readers.delimited import read_delimited
from textrnn.data.readers.jsonlines import read_jsonlines
from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.parquet import read_parquet
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import quoted
from textrnn.errors import DataError


def column_names(source: Source, delimiter: str | None = None) -> list[str]:
    """The columns of a CSV, TSV, JSON Lines or Parquet file; none for other kinds. Raises DataError."""
    if source.kind in ("csv", "tsv"):
        lines = read_lines(source.files[0], source.compression)
        return next((cells for cells in csv.reader(lines, delimiter=delimiter or _delimiter(source)) if cells), [])
    if source.kind == "jsonl":
        for line in read_lines(source.files[0], source.compression):
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


def read_texts(source: Source, text_column: str) -> Iterator[str]:
    """The texts of one file, without labels, in order. Raises DataError, naming the row."""
    columns = (text_column, text_column)
    place = source.name
    if source.kind in ("csv", "tsv"):
        cells = read_delimited(source.files[0], source.compression, _delimiter(source), columns)
        rows: Iterator[tuple[int, object]] = ((row, text) for row, (text, _) in cells)
    elif source.kind == "jsonl":
        rows = ((row, text) for row, text, _ in read_jsonlines(source.files[0], source.compression, columns))
    elif source.kind == "parquet":
        rows = ((row, text) for row, text, _ in read_parquet(source.files[0], columns, 1 << 62))
    else:
        raise DataError(f"{place}: expected a CSV, TSV, JSON Lines or Parquet file, found a {source.kind}")
    for row, text in rows:
        if not isinstance(text, str):
            raise DataError(f"{place}, row {row}, column {quoted(text_column)}: expected a text, found {quoted(text)}")
        yield text


def _delimiter(source: Source) -> str:
    return "\t" if source.kind == "tsv" else ","
