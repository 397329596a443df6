"""What the section files are made of: bounded numbers, and fields that stay out of the key."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt, MinLen


class Unkeyed:
    """Marks a field that changes no result (a path, a worker count): it stays out of the key."""


UNKEYED = Unkeyed()

Positive = Annotated[int, Ge(1), Lt(2**63)]  # as numpy holds them
Count = Annotated[int, Ge(0), Lt(2**63)]
Seed = Annotated[int, Ge(0), Lt(2**31)]
Share = Annotated[float, Ge(0), Lt(1)]  # a dropout, a decay, a fraction of rows
Rate = Annotated[float, Gt(0), Le(1e6)]
Size = Annotated[int, Ge(1), Le(1 << 16)]
Name = Annotated[str, MinLen(1)]
