"""The tables in one or several files of a kind, read one after another as one table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textrnn.config.data import TextFormat
from textrnn.data.columns import Columns
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.rows import BadRow
from textrnn.data.readers.source import resolve
from textrnn.data.readers.wording import quote
from textrnn.errors import DataError

if TYPE_CHECKING:
    from textrnn.data.readers.full_rows import FullRow, FullTable


@dataclass(frozen=True)
class InputTable:
    """As `FullTable`: `names`, `schema` and `kinds`; `files` gives the rows of each behind its name."""

    names: tuple[str, ...]
    files: "Iterator[tuple[str, Iterator[FullRow | BadRow]]]"
    schema: Any = None
    kinds: dict[str, set[type]] = field(default_factory=dict)


def read_tables(files: Sequence[Path], columns: Columns, text_format: TextFormat, notes: Notes) -> InputTable:
    """The rows of `files`, which are of one kind. Raises DataError, before any row, where their columns differ."""
    from textrnn.data.readers.full_rows import read_full_table

    if len(files) == 1:
        table = read_full_table(resolve(str(files[0])), columns, text_format, notes)
        return InputTable(table.names, iter([(str(files[0]), table.rows)]), table.schema, table.kinds)
    first: FullTable | None = None
    kinds: dict[str, set[type]] = {}
    for path in files:
        looked = Notes()
        table = read_full_table(resolve(str(path)), columns, text_format, looked)
        notes.delimiter = notes.delimiter or looked.delimiter
        if hasattr(table.rows, "close"):
            table.rows.close()
        for name, found in table.kinds.items():
            kinds.setdefault(name, set()).update(found)
        first = first or table
        if not table.kinds:  # objects of JSON Lines may lack what others have
            _require_same(first, table, files[0], path)
    assert first is not None

    def read() -> "Iterator[tuple[str, Iterator[FullRow | BadRow]]]":
        for path in files:
            table = read_full_table(resolve(str(path)), columns, text_format, notes, kinds=kinds or None)
            yield str(path), table.rows

    return InputTable(tuple(kinds) or first.names, read(), first.schema, kinds)


def _require_same(first: "FullTable", other: "FullTable", first_path: Path, path: Path) -> None:
    """Refuse, by DataError, a table whose columns are not those of the first."""
    missing = [name for name in first.names if name not in other.names]
    more = [name for name in other.names if name not in first.names]
    if missing or more:
        what = f"none {quote(missing[0])}" if missing else f"{quote(more[0])} too"
        raise DataError(f"{path}: expected the columns of {first_path}, found {what}; predict the files separately")
    for place, (name, found) in enumerate(zip(first.names, other.names, strict=False), 1):
        if name != found or len(first.names) != len(other.names):
            raise DataError(
                f"{path}: expected the columns of {first_path} in their order, found {quote(found)} as column {place} "
                f"in place of {quote(name)}; predict the files separately"
            )
    if first.schema is not None and other.schema is not None:
        for one, same in zip(first.schema, other.schema, strict=True):
            if one.type != same.type:
                raise DataError(
                    f"{path}: expected {one.type} in the column {quote(one.name)}, as in {first_path}, found "
                    f"{same.type}; predict the files separately"
                )
