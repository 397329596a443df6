"""TR008: a class is never predicted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.data.readers.wording import quote_list
from textrnn.evaluation.checks.check import Check

MIN_ROWS = 5  # of a class: fewer may be missed by chance


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether a class with at least 5 rows is predicted for none."""
    if not data["classes"]:
        return None
    never = [row for row in data["classes"] if not row["predicted"] and row["support"] >= MIN_ROWS]
    if not never:
        return ""
    never.sort(key=lambda row: -row["support"])
    rows = sum(row["support"] for row in never)
    noun = "class is" if len(never) == 1 else "classes are"
    named = quote_list([row["name"] for row in never], 5)
    return f"{len(never):,} {noun} never predicted, though {rows:,} rows have them: {named}."


CHECK = Check(
    code="TR008",
    name="class-never-predicted",
    title="A class is never predicted",
    severity="high",
    needs="classes",
    why="Every row of the class is an error, and accuracy hides it where the class is rare.",
    action='Collect more rows of the class, or weight it: train.class_weight = "balanced". Merge it with another class '
    "where the two cannot be told apart; look at which class is predicted for its rows.",
    detect=detect,
)
