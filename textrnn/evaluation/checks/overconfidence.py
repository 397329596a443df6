"""TR007: probabilities are higher than the share of correct predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check

MAX_GAP = 0.03
MIN_PREDICTIONS = 50  # predictions of a confidence; of fewer the share is uncertain
MIN_CONFIDENCE = 0.8  # the bins from here on are those that somebody would act on


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether confidence exceeds accuracy by at least 0.03, over all predictions or over those above 0.8, by more than
    chance.
    """
    found = data["calibration"]
    if not found or sum(row["count"] for row in found["bins"]) < MIN_PREDICTIONS:
        return None
    bins = found["bins"]
    return _gap(bins, "") or _gap(
        [row for row in bins if row["above"] >= MIN_CONFIDENCE - 1e-9], f" above {MIN_CONFIDENCE}"
    )


def _gap(bins: list[Mapping[str, Any]], which: str) -> str:
    count = sum(row["count"] for row in bins)
    if count < MIN_PREDICTIONS:
        return ""
    confidence = sum(row["count"] * row["confidence"] for row in bins) / count
    accuracy = sum(row["count"] * row["accuracy"] for row in bins) / count
    deviation = (max(confidence * (1 - confidence), 1e-4) / count) ** 0.5  # of the accuracy, were the confidence right
    if confidence - accuracy < max(MAX_GAP, 2 * deviation):
        return ""
    return (
        f"{count:,} predictions with a confidence{which} claim to be right {confidence:.1%} of the time; "
        f"they are right {accuracy:.1%}."
    )


CHECK = Check(
    code="TR007",
    name="overconfidence",
    title="The classifier is overconfident",
    severity="medium",
    needs="probabilities of classes, for at least 50 predictions",
    why="Whoever acts on a probability (routes a ticket alone above 0.9) meets more errors than it promises.",
    action="Calibrate on rows like these: give the decision a validation split that resembles them, or fit it again "
    "with `textrnn decide --data`. Choose thresholds by a guaranteed precision rather than by a probability.",
    detect=detect,
)
