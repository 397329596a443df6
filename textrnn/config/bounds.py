"""Bounds of values, as annotations of fields: their names are those of the package annotated-types."""

from __future__ import annotations

from typing import Any


class Bound:
    """A bound of values by one `limit`; `words` say it."""

    words = ""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def holds(self, value: Any) -> bool:
        """Whether `value` is inside of the bound."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.limit!r})"


class Gt(Bound):
    """More than the limit."""

    words = "more than"

    def holds(self, value: Any) -> bool:
        """Whether `value` is inside of the bound."""
        return bool(value > self.limit)


class Ge(Bound):
    """At least the limit."""

    words = "at least"

    def holds(self, value: Any) -> bool:
        """Whether `value` is inside of the bound."""
        return bool(value >= self.limit)


class Lt(Bound):
    """Less than the limit."""

    words = "less than"

    def holds(self, value: Any) -> bool:
        """Whether `value` is inside of the bound."""
        return bool(value < self.limit)


class Le(Bound):
    """At most the limit."""

    words = "at most"

    def holds(self, value: Any) -> bool:
        """Whether `value` is inside of the bound."""
        return bool(value <= self.limit)


class Len:
    """As many items or characters as `low` to `high`; None: any number above."""

    def __init__(self, low: int, high: int | None = None) -> None:
        self.low, self.high = low, high

    def holds(self, value: Any) -> bool:
        """Whether `value` is as long."""
        return len(value) >= self.low and (self.high is None or len(value) <= self.high)

    def __repr__(self) -> str:
        return f"Len({self.low}, {self.high})"
