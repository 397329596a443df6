"""A coded check of a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

PAGE = "docs/reference/checks.md"  # of the documentation, generated from the checks
Severity = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Check:
    """What a report is checked for, with what to do about it.

    `detect` takes the data of a report. It returns what was seen, in a sentence; "" where the check passes, None where
    the report does not hold what the check `needs`. `severity` orders findings: "high" says that scores cannot be
    trusted or that the model is of no use, "low" that something could be better. `code` and `name` never change: gates
    and pages refer to them.
    """

    code: str
    name: str
    title: str
    severity: Severity
    needs: str
    why: str
    action: str
    detect: Callable[[Mapping[str, Any]], str | None]

    @property
    def page(self) -> str:
        """Where it is documented."""
        return f"{PAGE}#{self.code.lower()}"
