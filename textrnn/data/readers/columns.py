"""Where the wanted columns stand among those a table has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from textrnn.data.readers.wording import listed, nearest, quoted
from textrnn.errors import DataError


def locate_columns(header: Sequence[str], wanted: Sequence[str], place: str) -> list[int]:
    """The position in `header` of each `wanted` name.

    Raises DataError for a name that stands there twice or not at all; `place` says where.
    """
    twice = [name for name, times in Counter(header).items() if times > 1]
    if twice:
        raise DataError(f"{place}: expected each column named once, found {quoted(twice[0])} more than once")
    for name in wanted:
        if name not in header:
            raise missing_column(header, name, place)
    return [header.index(name) for name in wanted]


def missing_column(header: Sequence[str], name: str, place: str) -> DataError:
    """The error for a column that is not there: which ones are, and which is nearest."""
    return DataError(f"{place}: {lacking(header, name)}")


def lacking(header: Sequence[str], name: str) -> str:
    """What is wrong where a column is not there."""
    return f"expected a column {quoted(name)}, found {listed(header) or 'none'}{nearest(name, header)}"
