"""A benchmark that measures by itself and gives rows of plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.session import Session


def plain(measure: Callable[[], list[dict[str, Any]]]) -> Callable[[Session], Mapping[str, Any]]:
    """The benchmark of a function without a session: a table whose columns are the keys of its dicts."""

    def benchmark(_: Session) -> Mapping[str, Any]:
        return {"kind": "table", "about": (measure.__doc__ or "").strip().split("\n")[0], "rows": measure()}

    return benchmark
