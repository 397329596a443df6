"""A benchmark that measures by itself and gives rows of plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.session import Session
from benchmarks.sizes import TINY


def plain(
    measure: Callable[..., list[dict[str, Any]]], about: str, **tiny: Any
) -> Callable[[Session], Mapping[str, Any]]:
    """The benchmark of a function without a session: a table whose columns are the keys of its dicts.

    `tiny` are the arguments of `measure` where little is measured.
    """

    def benchmark(session: Session) -> Mapping[str, Any]:
        found = [dict(_cells(row)) for row in measure(**(tiny if session.size == TINY else {}))]
        columns = dict.fromkeys(name for row in found for name in row)
        rows = [{name: row.get(name, "") for name in columns} for row in found]
        return {"kind": "table", "about": about, "rows": rows}

    return benchmark


def _cells(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A dict in a dict as columns of its own; numbers with the digits that mean something."""
    for name, value in row.items():
        for kind, each in value.items() if isinstance(value, Mapping) else [("", value)]:
            column = f"{name} {kind}".replace("_", " ").strip()
            yield column, float(f"{each:.3g}") if isinstance(each, float) else each
