"""Training files of fastText: one text a line, with its labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from textrnn.config.data import TargetKind, TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.compressed import Compression
from textrnn.data.readers.labelled_lines import WORD_SEPARATORS, LabelledLine, only_label, parse_line
from textrnn.data.readers.lines import DEFAULT_TEXT_FORMAT, read_lines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.rows import BadRow, Row
from textrnn.errors import DataError, RowError


def read_fasttext(
    path: Path,
    compression: Compression | None,
    kind: TargetKind,
    text_format: TextFormat = DEFAULT_TEXT_FORMAT,
    notes: Notes | None = None,
) -> Iterator[Row | BadRow]:
    """Yield each line as its number among those not blank, its text, and its labels for a target of this `kind`.

    The labels are a list for a `multi` target, else one label. A line without a label, with several where one is
    expected, or with bytes that cannot be decoded is a bad row. Raises DataError for a file that cannot be read.
    """
    for row in read_labelled_lines(path, compression, text_format, notes):
        if isinstance(row, BadRow):
            yield row
            continue
        number, (labels, text), line = row
        try:
            yield number, (text, list(labels) if kind == "multi" else only_label(labels))
        except RowError as error:
            yield BadRow.of(error, number, str(path), line=line)


def read_labelled_lines(
    path: Path,
    compression: Compression | None,
    text_format: TextFormat = DEFAULT_TEXT_FORMAT,
    notes: Notes | None = None,
) -> Iterator[tuple[int, LabelledLine, int] | BadRow]:
    """Yield each line that is not blank: its number among those, its labels and text, its number among all.

    The `original` of a bad row is the line. Raises DataError for a file that cannot be read.
    """
    notes = notes or Notes()
    notes.by_row = True
    row = 0
    for number, line in enumerate(read_lines(path, compression, text_format, notes), start=1):
        if not line.strip(WORD_SEPARATORS):
            continue
        row += 1
        notes.line = number
        spoiled, notes.spoiled = notes.spoiled, None
        try:
            if spoiled is not None:
                raise RowError(spoiled)
            yield row, parse_line(line), number
        except RowError as error:
            yield BadRow.of(error, row, str(path), line=number, original=line.strip(WORD_SEPARATORS))


def require_one_text(columns: Columns, place: str) -> None:
    """Raise DataError for columns that such a file does not have: more than one text and a label."""
    if len(columns.names) > 2:
        more = columns.names[1] if len(columns.text) > 1 else columns.names[2]
        raise DataError(
            f"{place}: expected a table with the column {more!r}, found a fastText file, which has one text and its "
            "labels a line"
        )
