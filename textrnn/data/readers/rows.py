"""A row as a reader yields it: its cells, or why it cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from textrnn.errors import DataError, RowError


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used, in a source whose other rows can.

    `number` is that of the data row in its source, from 1; `reason` says what was expected and what came, in the
    `column` if in one; `where` names source and row as messages do ("rows.csv, row 3 after the header (line 4)"); `id`
    is the value of the column that identifies rows, where there is one.
    """

    number: int
    reason: str
    where: str
    column: str | None = None
    id: str | None = None

    @staticmethod
    def of(error: RowError, number: int, where: str, id: str | None = None) -> BadRow:
        """The row `number`, which `error` refused."""
        return BadRow(number, error.reason, where, error.column, id)

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" if self.column is None else f"{self.where}, {self.what}"

    @property
    def what(self) -> str:
        """What is wrong, without where."""
        return self.reason if self.column is None else f"column {self.column!r}: {self.reason}"


# number of the data row in its source, from 1; the cells of the wanted columns, in their order. They are what the
# file holds, not yet looked at: `gather` refuses what is no text, no label, no number, for every format alike.
Row = tuple[int, tuple[object, ...]]


def refuse_bad(rows: Iterable[Row | BadRow], hint: str = "") -> Iterator[Row]:
    """The rows. Raises DataError at the first that cannot be used; `hint` ends its message."""
    for row in rows:
        if isinstance(row, BadRow):
            raise DataError(f"{row}{hint}")
        yield row
