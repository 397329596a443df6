"""TR001: test rows repeat training texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check
from textrnn.evaluation.headline import headline_of

MAX_SHARE = 0.01  # of the scored rows: fewer are greetings and the like, which repeat in new data too


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether at least 1 % of the scored rows repeat a text of the training split."""
    found = data["checks"].get("shared", {}).get(f"train-{data['split']}")
    if found is None:
        return None
    if found["share"] < MAX_SHARE:
        return ""
    seen = (
        f"{found['rows']:,} of {data['examples']:,} {data['split']} rows ({found['share']:.1%}) repeat a training text"
    )
    scores = data["diagnosis"].get("leaks")
    if scores is None or scores["repeated"] is None or scores["other"] is None:
        return f"{seen}."
    words = headline_of(data).words
    return f"{seen}: {words} is {scores['repeated']:.3f} on them, {scores['other']:.3f} on the other rows."


CHECK = Check(
    code="TR001",
    name="leaked-rows",
    title="Scored rows repeat training texts",
    severity="high",
    needs="a training split next to the scored one",
    why="The model has seen these texts with their labels, so its scores are higher than they will be on new texts.",
    action="Remove repeated texts before the data is split, or keep all rows of one text, user or thread in one split "
    "by giving data.train and data.test as separate files.",
    detect=detect,
)
