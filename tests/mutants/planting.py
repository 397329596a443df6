"""`Planted`: a wrong meaning that is planted by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Planted:
    """`old` stands once in `file`; with `new` in its place the meaning is the `caption`'s; `test` sees it, and runs
    first.
    """

    file: str
    caption: str
    old: str
    new: str
    test: str = ""
