"""Where the wanted columns stand among those a table has."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textrnn.data.readers.wording import listed, nearest, quoted
from textrnn.errors import DataError, RowError


def locate_columns(header: Sequence[str], wanted: Sequence[str], optional: Collection[str] = ()) -> list[int]:
    """The position in `header` of each `wanted` name, -1 for one of the `optional` that is not there.

    Blanks round a name count for nothing. Raises RowError for a name that stands there twice or not at all; names that
    nobody wants may be empty, or stand there twice.
    """
    found = [_locate(header, name) for name in wanted]
    for name, at in zip(wanted, found, strict=True):
        if at < 0 and name not in optional:
            raise RowError(lacking(header, name))
    return found


def require_columns(header: Sequence[str], wanted: Sequence[str], place: str) -> list[int]:
    """`locate_columns` for a whole table, which `place` names. Raises DataError."""
    try:
        return locate_columns(header, wanted)
    except RowError as error:
        raise DataError(f"{place}: {error}") from None


def _locate(header: Sequence[str], name: str) -> int:
    bare = name.strip()
    places = [at for at, other in enumerate(header) if other.strip() == bare]
    if len(places) > 1:
        found = [header[at] for at in places]
        told = f"{quoted(name)} more than once" if len(set(found)) == 1 else f"{listed(found)}, alike but for blanks"
        raise RowError(f"expected one column {quoted(name)}, found {told}; rename one of them")
    return places[0] if places else -1


def missing_column(header: Sequence[str], name: str, place: str) -> DataError:
    """The error for a column that is not there: which ones are, and which is nearest."""
    return DataError(f"{place}: {lacking(header, name)}")


def lacking(header: Sequence[str], name: str) -> str:
    """What is wrong where a column is not there."""
    return f"expected a column {quoted(name)}, found {listed(header) or 'none'}{nearest(name, header)}"
