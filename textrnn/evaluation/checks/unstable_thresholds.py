"""TR009: thresholds depend on which validation rows they were fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.data.readers.wording import quote_list
from textrnn.evaluation.checks.check import Check

MAX_SPREAD = 0.1  # of F1, from one resample of the validation split to another


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether the F1 of a label varies by at least 0.1 with the validation rows that its threshold is fitted on."""
    found = data["diagnosis"].get("thresholds")
    if not found:
        return None
    loose = [row for row in found if row["high"] - row["low"] >= MAX_SPREAD]
    if not loose:
        return ""
    loose.sort(key=lambda row: row["low"] - row["high"])
    first = loose[0]
    return (
        f"The thresholds of {len(loose):,} of {len(found):,} labels depend on which validation rows they are fitted "
        f"on: {quote_list([row['name'] for row in loose], 5)}. F1 of {first['name']!r} varies from {first['low']:.2f} "
        f"to {first['high']:.2f} with thresholds of {first['lowest']:.2f} to {first['highest']:.2f}."
    )


CHECK = Check(
    code="TR009",
    name="unstable-thresholds",
    title="Thresholds are unstable",
    severity="low",
    needs="thresholds of several labels, and a validation split",
    why="Another validation split would have given other thresholds, and other predictions: the scores are part luck.",
    action="Add validation rows with these labels, or use one threshold for all: few labelled rows cannot support one "
    "each.",
    detect=detect,
)
