"""Where the wanted columns stand among those a table has."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textrnn.data.readers.wording import quote, quote_list, suggest_nearest
from textrnn.errors import DataError, RowError


def locate_columns(header: Sequence[str], required: Sequence[str], optional: Collection[str] = ()) -> list[int]:
    """The position in `header` of each `required` name, -1 for one of the `optional` that is not there.

    Blanks round a name count for nothing. Raises RowError for a name that stands there twice or not at all; names that
    nobody wants may be empty, or stand there twice.
    """
    found = [_locate(header, name) for name in required]
    for name, at in zip(required, found, strict=True):
        if at < 0 and name not in optional:
            raise RowError(describe_missing_column(header, name))
    return found


def require_columns(header: Sequence[str], required: Sequence[str], place: str) -> list[int]:
    """`locate_columns` for a whole table, which `place` names. Raises DataError."""
    try:
        return locate_columns(header, required)
    except RowError as error:
        raise DataError(f"{place}: {error}") from None


def _locate(header: Sequence[str], name: str) -> int:
    bare = name.strip()
    places = [at for at, other in enumerate(header) if other.strip() == bare]
    if len(places) > 1:
        found = [header[at] for at in places]
        told = (
            f"{quote(name)} more than once"
            if len(set(found)) == 1
            else f"{quote_list(found)}, equal but for whitespace"
        )
        raise RowError(f"expected one column {quote(name)}, found {told}; rename one of them")
    return places[0] if places else -1


def missing_column_error(header: Sequence[str], name: str, place: str) -> DataError:
    """The error for a column that is not there: which ones are, and which is nearest."""
    return DataError(f"{place}: {describe_missing_column(header, name)}")


def describe_missing_column(header: Sequence[str], name: str) -> str:
    """What is wrong where a column is not there."""
    return f"expected a column {quote(name)}, found {quote_list(header) or 'none'}{suggest_nearest(name, header)}"
