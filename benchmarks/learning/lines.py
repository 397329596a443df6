"""The newest line of each run, by what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.learning.running import identity_of

Line = Mapping[str, Any]


def newest(lines: Iterable[Line]) -> list[Line]:
    """The last line of each set, size, seed and way."""
    latest = {tuple(line[name] for name in ("set", "size", "seed", "way")): line for line in lines}
    return list(latest.values())


def has_line(lines: Sequence[Line], identity: tuple[Any, ...]) -> bool:
    """Whether a run of this identity has a line."""
    return any(identity_of(line) == identity for line in lines)


def lines_of(lines: Sequence[Line], **wanted: object) -> list[Line]:
    """Those lines whose values are the `wanted` ones."""
    return [line for line in lines if all(line[name] == value for name, value in wanted.items())]


def values_of(lines: Sequence[Line], *, branch: str = "", **wanted: object) -> list[float]:
    """The accuracies of the `wanted` lines, of a `branch` alone where one is named."""
    found = lines_of(lines, **wanted)
    return [line["branches"][branch] if branch else line["accuracy"] for line in found]
