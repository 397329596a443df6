"""Fixes: what a person decided about rows of the data, as a file that is read over it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from textrnn.data.readers.column_positions import missing_column_error
from textrnn.data.readers.delimited import read_delimited
from textrnn.data.readers.rows import refuse_bad_rows
from textrnn.data.readers.source import Source
from textrnn.data.readers.wording import format_row, quote
from textrnn.data.spreadsheet_cells import escape_formula, unescape_formula
from textrnn.errors import DataError
from textrnn.storage.files import write_bytes

DECISION_COLUMNS = ("right_label", "drop")
COLUMNS = ("row", "split", "check", *DECISION_COLUMNS)
SUGGESTED, SCORE = "suggested", "score"  # columns of an audit that a file of decisions may have
YES, NO = ("x", "yes", "y", "true", "1", "drop"), ("", "no", "n", "false", "0")
BOM = "\ufeff"  # by which a spreadsheet knows UTF-8

Key = tuple[str, int]  # a split and a row number


@dataclass(frozen=True)
class Fix:
    """A decision about the row `row` (from 1) of `split`: its right label as a cell of text, or that it is dropped.

    `check` is the `row_check` of the row that was looked at; `place` says where the decision stands, for messages.
    `suggested` is the label that an audit suggested for it, "" where none is known.
    """

    row: int
    split: str
    check: str
    right_label: str
    drop: bool
    place: str
    suggested: str = ""

    @property
    def key(self) -> Key:
        """The split and the number of the row."""
        return self.split, self.row

    def same_decision(self, other: Fix) -> bool:
        """Whether `other` decides the same about a row."""
        return (self.right_label, self.drop) == (other.right_label, other.drop)


@dataclass(frozen=True)
class Decisions:
    """The `fixes` in a file. Of those, `accepted` are suggestions of an audit that no person decided about; `left`
    counts rows of validation and test with such a score, which are never accepted so.
    """

    fixes: tuple[Fix, ...]
    accepted: int = 0
    left: int = 0


def resolve_fixes(named: str) -> Source:
    """Return the file of fixes that `data.fixes` names. Raises DataError where there is none."""
    path = Path(named)
    if not path.is_file():
        raise DataError(f"{path}: expected a file of fixes, found none; name another as data.fixes, or leave that out")
    return Source(named, "csv", (path,))


def read_fixes(path: Path) -> list[Fix]:
    """Read the decisions of a person in the CSV file `path`: see `read_decisions`."""
    return list(read_decisions(path).fixes)


def read_decisions(path: Path, accept_above: float | None = None) -> Decisions:
    """Read the decisions in the CSV file `path`: the rows with a right label or a mark under `drop`.

    Such a file is that of an audit with its last two columns filled in, or one that `write_fixes` wrote; a delimiter
    that a spreadsheet chose is recognised. With `accept_above` the training rows without a decision, whose label an
    audit gave at least that score, get the label that it suggested. Raises DataError, naming row and column, for what
    is none of these.
    """
    found: dict[Key, Fix] = {}
    accepted = left = 0
    names: list[str] = []
    for number, cells in refuse_bad_rows(read_delimited(path, None, ",", COLUMNS, names=names)):
        place = f"{path}, {format_row(number, headed=True)}"
        more = _cells_by_name(cells[-1], names, accept_above, path)
        fix = _read_fix(list(map(str, cells[:-1])), place, more.get(SUGGESTED, ""))
        if fix is None and accept_above is not None and _is_accepted(more, accept_above, place):
            fix = _read_fix([*map(str, cells[:3]), more[SUGGESTED], ""], place, more[SUGGESTED])
            assert fix is not None
            if fix.split != "train":
                left += 1
                continue
            accepted += 1
        if fix is None:
            continue
        before = found.setdefault(fix.key, fix)
        if before is not fix:
            raise DataError(
                f"{fix.place}, column 'row': expected each row once, found row {fix.row} of {fix.split} again, which "
                f"stands in {before.place.rpartition(', ')[2]} too; leave one out"
            )
    return Decisions(tuple(found.values()), accepted, left)


def _cells_by_name(cells: object, names: Sequence[str], accept_above: float | None, path: Path) -> dict[str, str]:
    """The cells of the audit's suggestion and score, as far as the file has them. Raises DataError where they are
    needed.
    """
    assert isinstance(cells, list)
    places = {name.strip(): at for at, name in enumerate(names) if name.strip() in (SUGGESTED, SCORE)}
    if accept_above is not None and len(places) < 2:
        missing = SUGGESTED if SUGGESTED not in places else SCORE
        raise missing_column_error(names, missing, str(path))
    return {name: unescape_formula(cells[at].strip()) for name, at in places.items()}


def _is_accepted(cells: Mapping[str, str], accept_above: float, place: str) -> bool:
    """Whether a suggestion has at least the score `accept_above`."""
    if not cells[SUGGESTED]:
        return False
    try:
        return float(cells[SCORE].replace(",", ".")) >= accept_above  # as some spreadsheets write it
    except ValueError:
        raise DataError(f"{place}, column {SCORE!r}: expected a number, found {quote(cells[SCORE])}") from None


def _read_fix(cells: Sequence[str], place: str, suggested: str = "") -> Fix | None:
    row, split, check, right_label, mark = (unescape_formula(cell.strip()) for cell in cells)
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
    return Fix(int(row[:18]), split, check, right_label, drop, place, suggested)


def write_fixes(path: Path, fixes: Iterable[Fix], about: Mapping[Key, tuple[str, str]]) -> None:
    """Write `fixes` as CSV (UTF-8, with a byte order mark), by split and row, each with what an audit suggested, so
    that its origin is known; `about` has the label and the text of each row as the source has them, for people. Raises
    OSError.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow((*COLUMNS, SUGGESTED, "label", "text"))
    for fix in sorted(fixes, key=lambda fix: fix.key):
        cells = fix.row, fix.split, fix.check, fix.right_label, "x" if fix.drop else "", fix.suggested, *about[fix.key]
        writer.writerow([escape_formula(cell) for cell in cells])
    write_bytes(path, (BOM + file.getvalue()).encode("utf-8", "replace"))
