"""A first line that does not name the columns: advice by what the file is likely to be."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Literal

from textrnn.data.readers.column_positions import missing_column_error
from textrnn.data.readers.file_type import FASTTEXT_FILE, identify_text
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.wording import LIKELY_FORMAT, quote
from textrnn.errors import DataError

_DELIMITERS = (",", ";", "\t", "|")
_LONG = 60  # characters: a longer cell is hardly the name of a column


def require_delimiter(header: Sequence[str], delimiter: str, columns: Sequence[str], place: str, notes: Notes) -> None:
    """Refuse, by DataError, a header of one column that another delimiter would part."""
    if len(header) != 1 or identify_text(header[0]):
        return
    # the one that gives the wanted names, else the commonest
    likely = max(_DELIMITERS, key=lambda other: (set(columns) <= set(header[0].split(other)), header[0].count(other)))
    if likely != delimiter and likely in header[0] and not _is_prose(header[0]):
        raise DataError(
            f"{place}: expected columns separated by {quote(delimiter)}, found one column {quote(header[0])}; "
            f"the delimiter is likely {quote(likely)}: use {notes.option('delimiter', _in_a_shell(likely))}"
        )


def recognise_delimiter(line: str, usual: str, columns: Sequence[str], quoting: Literal[0, 3]) -> str:
    """Return the delimiter by which the header `line` has all `columns`: the `usual` one, or the only other that does.

    Returns the `usual` one where none does, or several do.
    """
    others = [each for each in _DELIMITERS if each != usual]
    if not columns or _names_all(line, usual, columns, quoting):
        return usual
    found = [each for each in others if _names_all(line, each, columns, quoting)]
    return found[0] if len(found) == 1 else usual


def _names_all(line: str, delimiter: str, columns: Sequence[str], quoting: Literal[0, 3]) -> bool:
    try:
        cells = next(csv.reader([line], delimiter=delimiter, quoting=quoting, strict=True), [])
    except csv.Error:
        return False
    return {name.strip() for name in columns} <= {cell.strip() for cell in cells}


def explain_header(
    header: Sequence[str], rows: Sequence[Sequence[str]], column: str, place: str, notes: Notes
) -> DataError:
    """The error for a header in which the column `column` is not, `rows` being those after it."""
    error = missing_column_error(header, column, place)
    if hint := hint_of_header(header, rows, notes):
        return DataError(f"{error}; {hint}")
    return error


def hint_of_header(header: Sequence[str], rows: Sequence[Sequence[str]], notes: Notes) -> str | None:
    """What a first line is that does not look like names, and what to do; None where it looks like names."""
    if any("__label__" in cell for cell in header):
        return f"{LIKELY_FORMAT}{FASTTEXT_FILE[0]}: {FASTTEXT_FILE[1]}"
    if found := identify_text(",".join(header)):
        return f"{LIKELY_FORMAT}{found[0]}: {found[1]}"
    if not _is_data(header, rows):
        return None
    text, label = guess_columns([header, *rows])
    columns = f"--text-column {text}" + ("" if label is None else f" --label-column {label}")
    no_header = "--no-header" if notes.section == "data" else f"--set {notes.section}.header=false"
    return (
        f"the first line is likely a row, not names: if the file has no header, use {no_header} "
        f"({notes.section}.header = false), and name columns by number, as in {columns}"
    )


def _is_prose(cell: str) -> bool:
    """Whether a cell is likely a text: long, or some words that end as a sentence does."""
    return len(cell) > _LONG or (len(cell.split()) > 2 and cell.rstrip()[-1:] in '.!?"。！？')


def _is_data(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first line is like the others: a text or a number in it, or a value that stands there again."""
    if any(_is_prose(cell) for cell in header) or any(_is_number(cell) for cell in header):
        return True
    return any(
        cell.strip() and any(len(row) > at and row[at] == cell for row in rows) for at, cell in enumerate(header)
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def guess_columns(rows: Sequence[Sequence[str]]) -> tuple[int, int | None]:
    """Which columns are likely the text and the label, from 1: the longest, and the one with the fewest values."""
    table = [row for row in rows if len(row) == len(rows[0])]
    lengths = [sum(len(row[at]) for row in table) for at in range(len(rows[0]))]
    text = max(range(len(rows[0])), key=lengths.__getitem__)
    others = [at for at in range(len(rows[0])) if at != text and any(row[at].strip() for row in table)]
    label = min(others, key=lambda at: len({row[at] for row in table}), default=None)
    return text + 1, None if label is None else label + 1


def _in_a_shell(delimiter: str) -> str:
    return "$'\\t'" if delimiter == "\t" else f"'{delimiter}'"
