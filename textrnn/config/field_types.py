"""The types of fields in the section files: bounded numbers, fields that stay out of the cache key."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, TypeVar

from textrnn.config.bounds import Ge, Gt, Le, Len, Lt


class NotInKey:
    """Marks a field that changes no result (a path, a worker count): it is not part of the cache key."""


NOT_IN_KEY = NotInKey()


@dataclass(frozen=True)
class NotInKeyUnless:
    """Marks a field that is a path or one of `words`: the key contains the word, or only that it is a path.

    The files at the path are keyed by their content.
    """

    words: tuple[str, ...]


SectionPart = TypeVar("SectionPart")


def select_fields(kind: type[SectionPart], section: Any) -> SectionPart:
    """The fields of `section` that the dataclass `kind` has: what one stage reads of it, and no more."""
    return kind(**{field.name: getattr(section, field.name) for field in fields(kind)})  # type: ignore[arg-type]


Positive = Annotated[int, Ge(1), Lt(2**63)]  # as numpy holds them
Count = Annotated[int, Ge(0), Lt(2**63)]
Seed = Annotated[int, Ge(0), Lt(2**31)]
Share = Annotated[float, Ge(0), Lt(1)]  # a dropout, a decay, a fraction of rows
Rate = Annotated[float, Gt(0), Le(1e6)]
Size = Annotated[int, Ge(1), Le(1 << 16)]
Name = Annotated[str, Len(1)]
