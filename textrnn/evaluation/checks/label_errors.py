"""TR013: labels are probably wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check

MAX_SHARE = 0.01  # of the rows
MIN_ROWS = 5


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether at least 1 % of the labels are probably wrong: all labels, by the audit of these rows where one was made,
    else those of the scored rows that classifier and baseline contradict, both at least 0.9 sure of the same class.
    """
    if "rows" in (audit := data.get("audit") or {}):
        return _by_audit(data, audit)
    found = data["diagnosis"].get("suspicious_labels")
    if found is None:
        return None
    if found["rows"] < max(MIN_ROWS, MAX_SHARE * data["examples"]):
        return ""
    return (
        f"On {found['rows']:,} rows ({found['rows'] / data['examples']:.1%}) both the classifier and the baseline are "
        "sure of the same class, which is not the label."
    )


def _by_audit(data: Mapping[str, Any], audit: Mapping[str, Any]) -> str:
    """What an audit of all labelled rows saw; "" where it is little."""
    if audit["suspicious"] < max(MIN_ROWS, MAX_SHARE * audit["rows"]):
        return ""
    here = audit["in_split"].get(data["split"], 0)
    return (
        f"The audit finds {audit['suspicious']:,} suspicious labels among {audit['rows']:,} rows "
        f"({audit['suspicious'] / audit['rows']:.1%}), {here:,} of them among the {data['examples']:,} {data['split']} "
        "rows."
    )


CHECK = Check(
    code="TR013",
    name="probable-label-errors",
    title="Some labels are probably wrong",
    severity="medium",
    needs="an audit of these rows (`textrnn audit`); or one class a row, and a baseline",
    why="Wrong labels in the test split make the score too low and hide which of two models is better; in training "
    "they teach errors.",
    action="Run `textrnn audit`, which ranks suspicious rows of all splits with the label that each probably should "
    "have; correct them, and apply the corrections.",
    detect=detect,
)
