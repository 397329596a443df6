"""TR002: equal texts have different labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check

MAX_SHARE = 0.005  # of all rows


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether texts with two different labels are at least 0.5 % of all rows; ratings as numbers may differ."""
    checks = data["checks"]
    if "conflicting_texts" not in checks or data["target"]["kind"] == "number":
        return None
    rows, count = sum(about["rows"] for about in checks["splits"].values()), checks["conflicting_texts"]
    if count < MAX_SHARE * rows:
        return ""
    named = checks.get("named", {}).get("conflicting", [])
    example = f", for example {' and '.join(named[:2])}" if named else ""
    return f"{count:,} texts among {rows:,} rows have two different labels{example}."


CHECK = Check(
    code="TR002",
    name="conflicting-labels",
    title="Equal texts have different labels",
    severity="medium",
    needs="the data check, and labels that are classes",
    why="No model can predict both labels of one text: such rows are noise in training, and errors in every score.",
    action="Decide on one label for each of these texts. If a text may have several labels, set data.target = "
    '"multi"; if the label depends on another column, add that column as text, numeric or categorical.',
    detect=detect,
)
