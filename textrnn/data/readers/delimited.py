"""Delimited text (CSV, TSV), by Python's `csv` module in its strict mode."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import Literal

from textrnn.config.data import TextFormat
from textrnn.data.readers.column_positions import require_columns
from textrnn.data.readers.compressed import Compression
from textrnn.data.readers.header_line import explain_header, recognise_delimiter, require_delimiter
from textrnn.data.readers.lines import DEFAULT_TEXT_FORMAT, read_lines
from textrnn.data.readers.merged_rows import MergedRowDetector
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.rows import BadRow, Row
from textrnn.data.readers.source import SourceKind
from textrnn.data.readers.wording import count, format_row, quote
from textrnn.errors import DataError, RowError
from textrnn.machine.process_settings import MAX_FIELD_CHARACTERS, long_csv_fields

_LOOK = 100  # rows
MAX_CELLS = 1 << 20  # delimiters in a line: more are no table
_SEPARATOR = re.compile(r'"?sep=([^\r\n"])"?\r?\n?', re.IGNORECASE)  # as Excel writes it before the header


def delimiter_of(kind: SourceKind) -> str:
    """The usual delimiter of files of this kind."""
    return "\t" if kind == "tsv" else ","


def is_headed(kind: SourceKind, text_format: TextFormat) -> bool:
    """Whether a line with names stands before row 1."""
    return kind in ("csv", "tsv") and text_format.header is True


def read_delimited(
    path: Path,
    compression: Compression | None,
    delimiter: str,
    columns: Sequence[str],
    text_format: TextFormat = DEFAULT_TEXT_FORMAT,
    notes: Notes | None = None,
    *,
    names: list[str] | None = None,
) -> Iterator[Row | BadRow]:
    """Each data row as its number from 1 and the cells of `columns`, as they stand; see `delimited_rows`.

    A list given as `names` gets those of all columns; then a list of all cells stands behind each row's own.
    A row with bytes that cannot be decoded is a bad row.
    """
    notes = notes or Notes()
    notes.by_row = True
    lines = read_lines(path, compression, text_format, notes)
    return delimited_rows(lines, str(path), delimiter, columns, text_format, notes, names=names)


def delimited_rows(
    lines: Iterable[str],
    place: str,
    delimiter: str,
    columns: Sequence[str],
    text_format: TextFormat = DEFAULT_TEXT_FORMAT,
    notes: Notes | None = None,
    *,
    names: list[str] | None = None,
) -> Iterator[Row | BadRow]:
    """The rows in `lines`: as `text_format` says, but with the `delimiter`, unless a line `sep=;` says another.

    A row of more or fewer cells than the header is a bad row. Blank lines are passed over. Raises DataError, naming row
    and line, for what is not strict CSV. A row whose quoted cell is likely several rows is told to `notes` when all is
    read.
    """
    notes = notes or Notes()
    table = _Table(lines, place, delimiter, text_format, notes)
    with long_csv_fields():
        header = table.read_header(columns)
        # of one place an itemgetter would give the cell itself
        places = require_columns(header, columns, place)
        cells_of = itemgetter(*places) if len(places) > 1 else lambda cells, place=places[0]: (cells[place],)
        if names is not None:
            names.extend(header)
        for found in table.rows(header):
            if isinstance(found, BadRow):
                yield found
            else:
                row, cells = found
                yield row, cells_of(cells) if names is None else (*cells_of(cells), cells)


def read_preview(
    lines: Iterable[str], place: str, delimiter: str, text_format: TextFormat, columns: Sequence[str] = ()
) -> tuple[list[str], list[list[str]]]:
    """The names of the columns and the first rows, as far as they can be read. Raises DataError.

    The delimiter may be recognised by `columns`, which need not be there.
    """
    with long_csv_fields():
        table = _Table(lines, place, delimiter, text_format, Notes())
        table.recognise(columns)
        return table.read_header(()), table.next_rows()


def require_header(
    lines: Iterable[str],
    place: str,
    delimiter: str,
    columns: Sequence[str],
    text_format: TextFormat,
    notes: Notes,
) -> None:
    """Refuse, by DataError, a text whose first line does not name the `columns`."""
    with long_csv_fields():
        require_columns(_Table(lines, place, delimiter, text_format, notes).read_header(columns), columns, place)


class _Lines:
    """Lines on their way to the `csv` module; `held`, of `size` characters, are those that it took for the next row."""

    def __init__(self, lines: Iterator[str], place: str, delimiter: str) -> None:
        self._lines, self._place, self._delimiter = lines, place, delimiter
        self.held: list[str] = []
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        held = self.held
        for line in self._lines:  # a generator: what the `csv` module calls a line costs as little as it can
            if len(line) > MAX_CELLS and line.count(self._delimiter) > MAX_CELLS:
                raise DataError(
                    f"{self._place}: expected at most {MAX_CELLS:,} delimiters in a line, found more; is it a CSV or "
                    "TSV file?"
                )
            held.append(line)
            self.size += len(line)
            if self.size > MAX_FIELD_CHARACTERS and len(held) > 1:
                raise csv.Error("field larger than field limit")
            yield line

    def clear(self) -> None:
        """Begin with the next row."""
        self.held.clear()
        self.size = 0


class _Table:
    """A delimited text: its header, then its rows."""

    def __init__(self, lines: Iterable[str], place: str, delimiter: str, text_format: TextFormat, notes: Notes) -> None:
        self._place, self._format, self._notes = place, text_format, notes
        rest = iter(lines)
        first = next(rest, "")
        match = _SEPARATOR.fullmatch(first)
        self._skipped = int(match is not None)
        self._quoting: Literal[0, 3] = csv.QUOTE_NONE if text_format.quoting == "none" else csv.QUOTE_MINIMAL
        self._first = "" if match or text_format.delimiter else first  # the header line, if its delimiter is not given
        self._all = rest if match else chain([first] if first else [], rest)
        self._split_by(text_format.delimiter or (match[1] if match else delimiter))
        self._pushed: list[list[str]] = []  # a row that was read as a header

    def _split_by(self, delimiter: str) -> None:
        """Split the lines by `delimiter`, before the first is read."""
        self._delimiter = self._notes.delimiter = delimiter
        self._lines = _Lines(self._all, self._place, delimiter)
        self._reader = csv.reader(self._lines, delimiter=delimiter, quoting=self._quoting, strict=True)

    def recognise(self, columns: Sequence[str]) -> None:
        """Split the lines by the one other delimiter that gives the `columns`, where the usual one does not."""
        if self._first and self._format.header is True:
            found = recognise_delimiter(self._first, self._delimiter, columns, self._quoting)
            if found != self._delimiter:
                self._split_by(found)
                self._notes.recognised = f"{self._place}: columns are separated by {quote(found)}, as its header shows"

    def read_header(self, columns: Sequence[str]) -> list[str]:
        """The names of the columns. Raises DataError where there is none, or where `columns` are not all there.

        The lines are split by the delimiter that `recognise` found.
        """
        self.recognise(columns)
        try:
            first = next((cells for cells in self._reader if cells), None)
        except csv.Error as error:
            raise self._explain(error, 0, 1) from None
        if first is None:
            raise DataError(f"{self._place}: expected a header line with the names of the columns, found an empty file")
        if self._notes.spoiled is not None and self._format.header is True:
            raise DataError(
                f"{self._place}, header (line {self._reader.line_num + self._skipped}): {self._notes.spoiled}"
            )
        if self._format.header is not True:
            self._pushed.append(first)
            names = list(self._format.header or map(str, range(1, len(first) + 1)))
            if len(names) != len(first):
                raise DataError(
                    f"{self._place}: expected {count(len(names), 'column')}, as {self._notes.section}.header names, "
                    f"found {len(first)} in the first row"
                )
            return names
        require_delimiter(first, self._delimiter, columns, self._place, self._notes)
        bare = {name.strip() for name in first}
        require_columns(first, [name for name in columns if name.strip() in bare], self._place)
        if missing := [name for name in columns if name.strip() not in bare]:
            raise explain_header(first, self.next_rows(), missing[0], self._place, self._notes)
        return first

    def next_rows(self) -> list[list[str]]:
        """The first rows, as far as they can be read: a look at what the file is."""
        found = list(self._pushed)
        try:
            for cells in islice(self._reader, _LOOK):
                found += [cells] if cells else []
                self._lines.clear()
        except (csv.Error, DataError):
            pass
        return found

    def rows(self, header: Sequence[str]) -> Iterator[tuple[int, list[str]] | BadRow]:
        """Each row with its number from 1. Raises DataError."""
        reader, held, width, notes = self._reader, self._lines.held, len(header), self._notes
        merged = MergedRowDetector(header, self._delimiter, self._place, self._notes)
        row, start = 0, reader.line_num + 1
        if not self._pushed:
            self._lines.clear()
        else:
            start -= len(held)
        try:
            for cells in chain(self._pushed, reader):
                if cells:
                    row += 1
                    notes.line = start + self._skipped
                    if len(cells) != width or notes.spoiled is not None:
                        error = RowError(notes.spoiled or self._explain_width(width, cells))
                        notes.spoiled = None
                        headed = self._format.header is True
                        yield BadRow.of(error, row, self._place, headed=headed, line=notes.line, original=cells)
                    else:
                        if len(held) > 1:
                            merged.suspect(row, notes.line, cells, held)
                        else:
                            merged.learn(row, cells)
                        yield row, cells
                self._lines.clear()
                start = reader.line_num + 1
        except csv.Error as error:
            raise self._explain(error, row, start) from None
        merged.report_suspects()

    def _explain_width(self, expected: int, cells: Sequence[str]) -> str:
        came = len(cells)
        hint = "is a cell missing?"
        if came > expected and self._format.quoting == "none":
            hint = "a delimiter inside a text?"
        elif came > expected:
            hint = "a delimiter inside a text? put the text in double quotes"
        elif any("\n" in cell for cell in cells):
            hint = self._without_quoting()
        return f"expected {count(expected, 'field')}, found {came}; {hint}"

    def _without_quoting(self) -> str:
        return f"if quotes are ordinary characters in this file, use {self._notes.option('quoting', 'none')}"

    def _explain(self, error: csv.Error, row: int, start: int) -> DataError:
        """The `csv` module's complaint in words for people; the row that broke is the one after `row`."""
        line = self._reader.line_num + self._skipped
        start += self._skipped
        headed = self._format.header is True
        where = f"header (line {start})" if headed and start <= 1 + self._skipped else ""
        place = f"{self._place}, {where or format_row(row + 1, headed=headed, line=start)}"
        message = str(error)
        if "unexpected end of data" in message or "field limit" in message:
            return DataError(
                f"{place}: expected a closing quote, but one that opens in the row that starts here never closes; "
                f"{self._without_quoting()}"
            )
        if "new-line character" in message:
            return DataError(
                f"{place}: expected lines that end in LF or CRLF, found a bare CR (0x0d); convert the line endings"
            )
        if "expected after" in message:
            return DataError(
                f"{place}: {message} (seen in line {line}); does a quote that opens in this row never close? "
                f"inside a quoted field a quote is written twice; {self._without_quoting()}"
            )
        return DataError(f"{place}: {message}")
