"""Whole rows: the cells that a model reads, with the row itself, which is written again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from textrnn.config.data import TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.column_positions import missing_column_error
from textrnn.data.readers.compressed import Compression
from textrnn.data.readers.delimited import delimiter_of, read_delimited
from textrnn.data.readers.fasttext import read_labelled_lines, require_one_text
from textrnn.data.readers.jsonlines import parse_object, read_jsonlines
from textrnn.data.readers.labelled_lines import LabelledLine
from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.require_parquet import require_parquet
from textrnn.data.readers.rows import BadRow, Row
from textrnn.data.readers.source import Source
from textrnn.errors import DataError, RowError

MAX_COLUMNS = 10_000  # columns of a file of JSON Lines


# with the row itself as the last cell: a list[str] of CSV, a `JsonRow` of JSON Lines, an `ArrowRow` of Parquet
FullRow = Row


@dataclass(frozen=True)
class FullTable:
    """A table to be read row by row.

    `names` are its columns in order (of JSON Lines those of any row). `rows` gives each row's number from 1 with the
    cells `Columns.inputs`, then the row itself, or a bad row. `schema` is that of a Parquet file; `kinds` are the types
    of values that each column of JSON Lines has.
    """

    names: tuple[str, ...]
    rows: Iterator[FullRow | BadRow]
    schema: Any = None
    kinds: dict[str, set[type]] = field(default_factory=dict)


def read_full_table(
    source: Source, columns: Columns, text_format: TextFormat, notes: Notes, kinds: dict[str, set[type]] | None = None
) -> FullTable:
    """The rows of one file, without labels, with everything in them. Raises DataError.

    Of JSON Lines `kinds` may be known already: to find them takes a reading of its own.
    """
    path = source.files[0] if source.files else None
    match source.kind:
        case "csv" | "tsv" if path:
            return _read_delimited(path, source, columns, text_format, notes)
        case "jsonl" if path:
            if kinds is None:
                kinds = survey_columns(path, source.compression, text_format, Notes(by_row=True))
            if kinds and (missing := [name for name in columns.text if name not in kinds]):
                raise missing_column_error(list(kinds), missing[0], source.name)  # of no row: a mistake in the name
            rows = read_jsonlines(
                path, source.compression, columns.inputs, text_format, notes, optional=columns.tabular, whole=True
            )
            return FullTable(tuple(kinds), rows, kinds=kinds)
        case "parquet" if path:
            require_parquet(path)
            from textrnn.data.readers.full_parquet import read_full_parquet

            return FullTable(*read_full_parquet(path, columns, notes.read_digest))
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
        if len(found) > MAX_COLUMNS:
            raise DataError(f"{path}: expected at most {MAX_COLUMNS:,} different names in its rows, found more")
    return found


def _whole_line(row: tuple[int, LabelledLine, int] | BadRow) -> FullRow | BadRow:
    """A line of fastText as the cells label, several of them with blanks between as no label has one, then text."""
    if isinstance(row, BadRow):
        return replace(row, original=["", str(row.original)])
    number, (labels, text), _ = row
    return number, (text, [" ".join(labels), text])


def _read_delimited(path: Path, source: Source, columns: Columns, text_format: TextFormat, notes: Notes) -> FullTable:
    header: list[str] = []
    delimiter = delimiter_of(source.kind)
    rows = read_delimited(path, source.compression, delimiter, columns.inputs, text_format, notes, names=header)
    first = next(rows, None)  # the header is read with it
    return FullTable(tuple(header), itertools.chain([] if first is None else [first], rows))
