"""TR010: validation scores disagree with test scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check
from textrnn.evaluation.headline import headline_of

INTERVAL_WIDTH = 3.92  # standard errors in a 95 % interval
MAX_DEVIATIONS = 2.58  # a difference as large has a probability below 0.01 by chance


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether the headline scores on validation and test differ by more than chance (p below 0.01)."""
    lead = headline_of(data)
    here, there = data["metrics"][lead.name], data["diagnosis"].get("validation")
    if not there or data["split"] == "validation" or here["low"] is None or there["low"] is None:
        return None
    difference = here["value"] - there["value"]
    error = (
        ((here["high"] - here["low"]) / INTERVAL_WIDTH) ** 2 + ((there["high"] - there["low"]) / INTERVAL_WIDTH) ** 2
    ) ** 0.5
    if not error or abs(difference) <= MAX_DEVIATIONS * error:
        return ""
    worse = "worse" if difference * lead.sign < 0 else "better"
    return (
        f"{lead.words[:1].upper()}{lead.words[1:]} is {there['value']:.3f} on {there['rows']:,} validation rows and "
        f"{here['value']:.3f} on the {data['split']} split: {worse}, by more than chance."
    )


CHECK = Check(
    code="TR010",
    name="validation-test-gap",
    title="Validation and test disagree",
    severity="high",
    needs="a validation split next to the test split, and intervals",
    why="The two splits are not alike, so what was chosen on validation (epoch, weights, thresholds) is not right for "
    "the test rows, and the next data may differ again.",
    action="Compare the splits: sources, dates, share of classes, repeated texts. Let one random split make both, or "
    "take a validation split that resembles the data the model will meet.",
    detect=detect,
)
