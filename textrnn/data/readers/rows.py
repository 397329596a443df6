"""A row as a reader yields it: its cells, or why it cannot be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from textrnn.data.readers.wording import LIKELY_FORMAT, format_row
from textrnn.errors import DataError, RowError

# number of the data row in its source, from 1; the cells of the wanted columns, in their order. They are what the
# file holds, unchecked: `gather` refuses a cell that is not a text, a label or a number, for every format alike.
Row = tuple[int, tuple[object, ...]]


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used, in a source whose other rows can.

    `number` is that of the data row in its source, from 1; `reason` says what was expected and what came, in the
    `column` if in one. `place` is the source and `name` the row as messages have it ("row 3 after the header (line
    4)"); `id` is the value of the column that identifies rows, where there is one. `original` is all that stands in the
    row, as far as it could be read.
    """

    number: int
    reason: str
    place: str
    name: str
    column: str | None = None
    id: str = ""
    original: object = None

    @staticmethod
    def of(
        error: RowError,
        number: int,
        place: str,
        *,
        id: str = "",
        headed: bool = False,
        line: int = 0,
        original: object = None,
    ) -> BadRow:
        """The row `number` of `place`, which `error` refused; the rest is as in `format_row`."""
        name = format_row(number, id, headed=headed, line=line)
        return BadRow(number, error.reason, place, name, error.column, id, original)

    @property
    def what(self) -> str:
        """What is wrong, without where."""
        return self.reason if self.column is None else f"column {self.column!r}: {self.reason}"

    def advise(self, way: str) -> str:
        """The message that ends in a `way` out, one more where the reason names one.

        The message alone where the reason is one of the whole file, which leaving out rows does not mend.
        """
        if LIKELY_FORMAT in self.reason:
            return str(self)
        other = "or " if "; " in self.reason else ""
        return f"{self}; {other}{way}" if way else str(self)

    def __str__(self) -> str:
        return f"{self.place}, {self.name}{':' if self.column is None else ','} {self.what}"


def refuse_bad_rows(rows: Iterable[Row | BadRow]) -> Iterator[Row]:
    """The rows. Raises DataError at the first that cannot be used."""
    for row in rows:
        if isinstance(row, BadRow):
            raise DataError(str(row))
        yield row
