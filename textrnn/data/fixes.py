"""Fixes: what a person decided about rows of the data, as a file that is read over it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from textrnn.data.readers.delimited import read_delimited
from textrnn.data.readers.rows import refuse_bad
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import named_row, quote
from textrnn.data.spreadsheet_cells import disarm, rearm
from textrnn.errors import DataError
from textrnn.storage.files import write_bytes

DECISIONS = ("right_label", "drop")
COLUMNS = ("row", "split", "check", *DECISIONS)
YES, NO = ("x", "yes", "y", "true", "1", "drop"), ("", "no", "n", "false", "0")
BOM = "\ufeff"  # by which a spreadsheet knows UTF-8

Key = tuple[str, int]  # a split and a row number


@dataclass(frozen=True)
class Fix:
    """A decision about the row `row` (from 1) of `split`: its right label as a cell of text, or that it is dropped.

    `check` is the `row_check` of the row that was looked at; `place` says where the decision stands, for messages.
    """

    row: int
    split: str
    check: str
    right_label: str
    drop: bool
    place: str

    @property
    def key(self) -> Key:
        """The split and the number of the row."""
        return self.split, self.row

    def same_decision(self, other: Fix) -> bool:
        """Whether `other` decides the same about a row."""
        return (self.right_label, self.drop) == (other.right_label, other.drop)


def resolve_fixes(named: str) -> Source:
    """Return the file of fixes that `data.fixes` names. Raises DataError where there is none."""
    path = Path(named)
    if not path.is_file():
        raise DataError(f"{path}: expected a file of fixes, found none; name another as data.fixes, or leave that out")
    return Source(named, "csv", (path,))


def read_fixes(path: Path) -> list[Fix]:
    """Read the decisions in the CSV file `path`: the rows with a right label or a mark under `drop`.

    Such a file is that of an audit with its last two columns filled in, or one that `write_fixes` wrote; a delimiter
    that a spreadsheet chose is recognised. Raises DataError, naming row and column, for what is none of these.
    """
    found: dict[Key, Fix] = {}
    for number, cells in refuse_bad(read_delimited(path, None, ",", COLUMNS)):
        fix = _read_fix(list(map(str, cells)), f"{path}, {named_row(number, headed=True)}")
        if fix is None:
            continue
        before = found.setdefault(fix.key, fix)
        if before is not fix:
            raise DataError(
                f"{fix.place}, column 'row': expected each row once, found row {fix.row} of {fix.split} again, which "
                f"stands in {before.place.rpartition(', ')[2]} too; leave one out"
            )
    return list(found.values())


def _read_fix(cells: Sequence[str], place: str) -> Fix | None:
    row, split, check, right_label, mark = (rearm(cell.strip()) for cell in cells)
    if mark.casefold() not in YES + NO:
        raise DataError(f"{place}, column 'drop': expected x, yes or nothing, found {quote(mark)}")
    drop = mark.casefold() in YES
    if not drop and not right_label:
        return None
    if drop and right_label:
        raise DataError(
            f"{place}: expected a right label or a mark under 'drop', found both, {quote(right_label)} and "
            f"{quote(mark)}; leave one out"
        )
    if not (row.isascii() and row.isdigit()) or int(row[:18]) < 1:
        raise DataError(f"{place}, column 'row': expected the number of a row, from 1, found {quote(row)}")
    if not check:
        raise DataError(f"{place}, column 'check': expected what the audit wrote there, found nothing; copy it back")
    return Fix(int(row[:18]), split, check, right_label, drop, place)


def write_fixes(path: Path, fixes: Iterable[Fix], about: Mapping[Key, tuple[str, str]]) -> None:
    """Write `fixes` as CSV (UTF-8, with a byte order mark), by split and row; `about` has the label and the text of
    each row as the source has them, for people. Raises OSError.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow((*COLUMNS, "label", "text"))
    for fix in sorted(fixes, key=lambda fix: fix.key):
        cells = fix.row, fix.split, fix.check, fix.right_label, "x" if fix.drop else "", *about[fix.key]
        writer.writerow([disarm(cell) for cell in cells])
    write_bytes(path, (BOM + file.getvalue()).encode("utf-8", "replace"))
