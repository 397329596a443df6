"""TR003: the classifier is no better than a simple baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether the classifier is not significantly better than the linear baseline, or else than the largest class."""
    if found := data["comparison"]:
        return "" if found["winner"] == "classifier" else _sentence(found["verdict"])
    score = data["metrics"].get("accuracy")
    if score is None or score["low"] is None or not data["classes"]:
        return None
    largest = max(data["classes"], key=lambda row: row["support"])
    share = largest["support"] / data["examples"]
    if score["low"] > share:
        return ""
    return (
        f"Accuracy is {score['value']:.3f}, and by its 95 % interval may be as low as {score['low']:.3f}; always "
        f"predicting {largest['name']!r} would have {share:.3f}."
    )


def _sentence(verdict: str) -> str:
    return f"{verdict[:1].upper()}{verdict[1:]}."


CHECK = Check(
    code="TR003",
    name="no-better-than-baseline",
    title="No better than the baseline",
    severity="high",
    needs="a baseline, or accuracy with an interval",
    why="A linear model on words trains in seconds. A recurrent model that is not better costs more for nothing.",
    action="Train longer or on more rows, try `--config best`, or use the baseline's n-gram branch alone. Look at the "
    "learning curves first: a validation loss that never falls points at the learning rate or at the labels.",
    detect=detect,
)
