"""CSV and TSV, by Python's `csv` module in its strict mode."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from textrnn.data.readers.columns import locate_columns
from textrnn.data.readers.lines import Decoding, read_lines
from textrnn.data.readers.rows import BadRow, Row
from textrnn.data.readers.source import Compression
from textrnn.data.readers.wording import count, named_row, quoted
from textrnn.errors import DataError, RowError
from textrnn.process_wide import while_long_fields

_DELIMITERS = (",", ";", "\t", "|")


@while_long_fields
def read_delimited(
    path: Path,
    compression: Compression | None,
    delimiter: str,
    columns: Sequence[str],
    decoding: Decoding | None = None,
    *,
    names: list[str] | None = None,
) -> Iterator[Row | BadRow]:
    """Each data row as its number from 1 and the cells of `columns`, as they stand.

    A list given as `names` gets those of all columns; then a list of all cells stands behind each row's own.
    A row of more or fewer cells than the header, or with bytes that cannot be decoded, is a bad row. Blank lines are
    passed over. Raises DataError, naming row and line, for what is not strict CSV.
    """
    decoding = decoding or Decoding()
    decoding.by_row = True
    start = 1
    row = 0
    reader = csv.reader(read_lines(path, compression, decoding), delimiter=delimiter, strict=True)
    try:
        header = next((cells for cells in reader if cells), None)
        if header is None:
            raise DataError(f"{path}: expected a header line with the names of the columns, found an empty file")
        if decoding.spoiled is not None:
            raise DataError(f"{path}, header (line 1): {decoding.spoiled}")
        require_delimiter(header, delimiter, columns, path)
        # of one place an itemgetter would give the cell itself
        places = locate_columns(header, columns, str(path))
        cells_of = itemgetter(*places) if len(places) > 1 else lambda cells, place=places[0]: (cells[place],)
        if names is not None:
            names.extend(header)
        start = reader.line_num + 1
        for cells in reader:
            if cells:
                row += 1
                decoding.line = start
                if len(cells) != len(header) or decoding.spoiled is not None:
                    error = RowError(decoding.spoiled or _explain_width(len(header), len(cells)))
                    decoding.spoiled = None
                    yield BadRow.of(error, row, str(path), headed=True, line=start, kept=cells)
                else:
                    yield row, cells_of(cells) if names is None else (*cells_of(cells), cells)
            start = reader.line_num + 1
    except csv.Error as error:
        raise _explain(error, path, row, start, reader.line_num) from None


def require_delimiter(header: Sequence[str], delimiter: str, columns: Sequence[str], path: Path) -> None:
    """Refuse, by DataError, a header of one column that another delimiter would part."""
    if len(header) != 1:
        return
    # the one that gives the wanted names, else the commonest
    likely = max(_DELIMITERS, key=lambda other: (set(columns) <= set(header[0].split(other)), header[0].count(other)))
    if likely != delimiter and likely in header[0]:
        raise DataError(
            f"{path}: expected columns parted by {quoted(delimiter)}, found one column {quoted(header[0])}; "
            f"the delimiter is likely {quoted(likely)}: set data.delimiter, or use --delimiter"
        )


def _explain_width(expected: int, came: int) -> str:
    hint = "a delimiter inside a text? put the text in double quotes" if came > expected else "is a cell missing?"
    return f"expected {count(expected, 'field')}, found {came}; {hint}"


def _explain(error: csv.Error, path: Path, row: int, start: int, line: int) -> DataError:
    """The `csv` module's complaint in words for people; the row that broke is the one after `row`."""
    place = f"{path}, {named_row(row + 1, headed=True, line=start) if start > 1 else 'header (line 1)'}"
    message = str(error)
    if "unexpected end of data" in message or "field limit" in message:
        return DataError(
            f"{place}: expected a closing quote, but one that opens in the row that starts here never closes"
        )
    if "new-line character" in message:
        return DataError(
            f"{place}: expected lines that end in LF or CRLF, found a bare CR (0x0d); convert the line ends"
        )
    if "expected after" in message:
        return DataError(
            f"{place}: {message} (seen in line {line}); does a quote that opens in this row never close? "
            "inside a quoted field a quote is written twice"
        )
    return DataError(f"{place}: {message}")
