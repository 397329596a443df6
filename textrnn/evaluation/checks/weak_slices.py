"""TR012: a slice of the rows is predicted worse than the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check
from textrnn.evaluation.headline import headline_of


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether a slice is marked as weak: worse than the other rows by a margin, with a corrected p-value below 0.05."""
    found = data["diagnosis"].get("slices")
    if not found or not found["rows"]:
        return None
    weak = [row for row in found["rows"] if row["weak"]]
    if not weak:
        return ""
    worst = max(weak, key=lambda row: abs(row["difference"]) * row["count"])
    more = f" So are {len(weak) - 1:,} more slices." if len(weak) > 1 else ""
    name = "mean absolute error" if headline_of(data).sign < 0 else found["score"]
    return (
        f"Rows with {worst['name']} are worse: {name} {worst['value']:.3f} on {worst['count']:,} of them, "
        f"{worst['other']:.3f} on the others (corrected p = {worst['p_value']:.2g}).{more}"
    )


CHECK = Check(
    code="TR012",
    name="weak-slice",
    title="A slice is weak",
    severity="medium",
    needs="enough rows to form slices",
    why="The score of all rows hides it: whoever sends such texts gets a worse classifier than the headline says.",
    action="Look at errors of the slice, label more rows like these, or give such texts to a person.",
    detect=detect,
)
