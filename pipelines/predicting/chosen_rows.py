"""The rows of a file that are named by their numbers or ids."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.predicting.input_columns import cell_text
from pipelines.predicting.input_rows import InputRows, read_files
from pipelines.predicting.row_counts import RowCounts
from textrnn.config.data import TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.wording import count, quote, quote_list, suggest_nearest
from textrnn.errors import ConfigError, DataError

if TYPE_CHECKING:
    from textrnn.model.stream import StreamRow

MAX_KNOWN = 100_000  # ids that a misspelt one is compared with


@dataclass(frozen=True)
class ChosenRow:
    """A row by its `number`, from 1, and its `id`, "" where it has none; `row` is what was read."""

    number: int
    id: str
    row: "StreamRow"

    @property
    def name(self) -> str:
        """Its name for people."""
        return f"row {self.number}" + (f", id {quote(self.id)}" if self.id else "")


def choose_rows(
    file: Path, columns: Columns, text_format: TextFormat, numbers: Sequence[int], ids: Sequence[str]
) -> list[ChosenRow]:
    """The rows of `file` that have these `numbers`, then those that have these `ids` in the column `columns.id`.

    Raises ConfigError where there is no such column, DataError for a row that is not there, is there twice, or cannot
    be used.
    """
    counts = RowCounts(Notes(), columns.max_characters)
    incoming = read_files((file,), columns, text_format, counts)
    if ids and columns.id is None:
        raise ConfigError(
            "--id: expected a model whose data has an id column, found none; name the column, as in --id-column id"
        )
    if ids and columns.id not in incoming.original.names:
        names = incoming.original.names
        raise DataError(
            f"{file}: expected the id column {quote(str(columns.id))}, found {quote_list(names) or 'no columns'}"
            f"{suggest_nearest(str(columns.id), names)}; name it by --id-column"
        )
    by_number: dict[int, ChosenRow] = {}
    by_id: dict[str, list[ChosenRow]] = {}
    known: set[str] = set()
    read = 0
    for found in _numbered(incoming, columns.id):
        read = found.number
        if found.number in numbers:
            by_number[found.number] = found
        if found.id in ids:
            by_id.setdefault(found.id, []).append(found)
        if ids and len(known) < MAX_KNOWN:
            known.add(found.id)
    for number in numbers:
        if number not in by_number:
            raise DataError(f"{file}: expected a row from 1 to {read:,}, found --row {number}")
    for wanted in ids:
        if wanted not in by_id:
            raise DataError(
                f"{file}: expected a row whose {columns.id} is {quote(wanted)}, found none in {count(read, 'row')}"
                f"{suggest_nearest(wanted, known)}"
            )
        if more := by_id[wanted][1:]:
            named = ", ".join(f"row {row.number}" for row in (by_id[wanted][0], *more[:3]))
            raise DataError(
                f"{file}: expected one row whose {columns.id} is {quote(wanted)}, found {len(more) + 1} ({named}); "
                "choose one by --row"
            )
    chosen = [*(by_number[number] for number in numbers), *(by_id[wanted][0] for wanted in ids)]
    for found in chosen:
        if found.row.example is None:
            raise DataError(f"{file}, {found.name}: {found.row.error}")
    return chosen


def _numbered(incoming: InputRows, id_column: str | None) -> Iterator[ChosenRow]:
    """The rows with their numbers and ids."""
    from textrnn.model.stream import StreamRow

    original = incoming.original
    place = original.names.index(id_column) if id_column in original.names else None
    number = 0
    for row in incoming.rows:
        if isinstance(row, StreamRow):  # no pause: of a file
            number += 1
            cell = "" if place is None else cell_text(original.cells(row.original)[place])
            yield ChosenRow(number, str(cell).strip(), row)
