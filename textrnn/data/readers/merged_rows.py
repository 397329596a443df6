"""Rows that a lone double quote made one: found by what their lines would be if quotes were letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textrnn.data.readers.notes import Notes
from textrnn.data.readers.wording import count, quote

_KNOWN = 1000  # different values of a column that are remembered
_SHORT = 100  # characters of such a value
_KEPT = 1000  # suspects that are kept to the end, and rows that all are learned from
_FEW = 8  # rows: fewer do not show all that a column holds


@dataclass
class _Suspect:
    """A row of several lines, each like a row by itself; `swallowed` are (column, cell) of those read as text."""

    row: int
    line: int
    lines: int
    start: str
    swallowed: list[tuple[int, str]]


class MergedRowDetector:
    """Looks at rows that stand on several lines, and tells `notes` which are likely several rows.

    A text with line ends in it, written as CSV should be, is read as it is and draws no word. What gives a lone quote
    away is that every line would be a whole row: as many delimiters as columns, and in the columns cells of which other
    rows have the like (a label of theirs, a number where they have numbers). A tab or a bar in a quoted text is so rare
    that it needs no more.
    """

    def __init__(self, header: Sequence[str], delimiter: str, place: str, notes: Notes) -> None:
        self._width, self._delimiter, self._place, self._notes = len(header), delimiter, place, notes
        self._known: list[set[str] | None] = [set() for _ in header]  # None: too many to know
        self._numbers = [True] * len(header)
        self._rows = 0
        self._suspects: list[_Suspect] = []

    def learn(self, row: int, cells: Sequence[str]) -> None:
        """Remember what stands in the columns of a row, but for cells of several lines."""
        if self._rows >= _KEPT and row & 15:
            return
        self._rows += 1
        for at, cell in enumerate(cells):
            if "\n" in cell:
                continue
            known = self._known[at]
            if known is not None and cell not in known:
                if len(cell) > _SHORT or len(known) >= _KNOWN:
                    self._known[at] = None
                else:
                    known.add(cell)
            if self._numbers[at] and not _is_number(cell):
                self._numbers[at] = False

    def suspect(self, row: int, line: int, cells: Sequence[str], lines: Sequence[str]) -> None:
        """Look at a row of several `lines`."""
        self.learn(row, cells)
        inside = [cell for cell in cells if "\n" in cell and self._delimiter in cell]
        if self._width == 1 or not inside or any('"' in cell for cell in inside):
            return  # a quote that is written twice, as in CSV it should be, tells that the others are no letters
        bare = [text.rstrip("\r\n").split(self._delimiter) for text in lines]
        if any(len(found) != self._width for found in bare):
            if self._delimiter in "\t|" and any(len(found) == self._width for found in bare[:-1]):
                self._tell(_Suspect(row, line, len(lines), lines[0], []))
            return
        # of the last line the cells behind the quote were read as they are; of each other all behind its first quote
        first = next(at for at, cell in enumerate(cells) if "\n" in cell)
        swallowed = [(at, cell) for found in bare[:-1] for at, cell in enumerate(found) if at > first]
        swallowed += [(at, cell) for found in bare[1:] for at, cell in enumerate(found) if at < first]
        found = _Suspect(row, line, len(lines), lines[0], swallowed)
        if self._delimiter in "\t|":
            self._tell(found)
        elif len(self._suspects) < _KEPT:
            self._suspects.append(found)

    def report_suspects(self) -> None:
        """Report the suspects that are merged rows, judged by all rows."""
        for found in self._suspects:
            if self._is_merged(found):
                self._tell(found)
        self._suspects = []

    def _is_merged(self, found: _Suspect) -> bool:
        likes = [self._is_like(at, cell) for at, cell in found.swallowed]
        if any(like is True for like in likes):
            return self._rows < _FEW or not any(like is False for like in likes)
        # of a file that is one row by mistake: a column of those lines has few values
        columns = {at: [cell for other, cell in found.swallowed if other == at] for at, _ in found.swallowed}
        return self._rows < _FEW and any(len(set(cells)) * 2 <= len(cells) for cells in columns.values())

    def _is_like(self, at: int, cell: str) -> bool | None:
        """Whether the column has such cells; None where it has all kinds."""
        known = self._known[at]
        if self._numbers[at]:
            return _is_number(cell)
        if known is None or len(known) * 2 > self._rows >= _FEW:
            return None
        return cell in known

    def _tell(self, found: _Suspect) -> None:
        size = count(found.lines, "line")
        self._notes.add_suspicion(
            f"{self._place}, row {found.row} (line {found.line}): a double quote opens here and closes lines later: "
            f"{size} that look like rows were read as one, beginning with {quote(found.start)}; if quotes are letters "
            f"in this file, use {self._notes.option('quoting', 'none')}"
        )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
