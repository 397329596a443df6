"""TR004: too few scored rows to tell how good the classifier is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check
from textrnn.evaluation.headline import headline_of

MAX_WIDTH = 0.1  # of a 95 % interval; of an error measured in units, as a share of it
MAX_WIDTH_OF_ERROR = 0.3


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether the 95 % interval of the headline score is wider than 0.1, or than 30 % of an error in units."""
    lead = headline_of(data)
    score = data["metrics"][lead.name]
    if score["low"] is None or score["value"] is None:
        return None
    in_units = lead.sign < 0
    limit = MAX_WIDTH_OF_ERROR * score["value"] if in_units else MAX_WIDTH
    width = score["high"] - score["low"]
    if width <= limit or not limit:
        return ""
    needed = math.ceil(data["examples"] * (width / limit) ** 2 / 10) * 10
    return (
        f"With {data['examples']:,} rows {lead.words} lies between {score['low']:.3f} and {score['high']:.3f} (95 %); "
        f"an interval no wider than {limit:.3g} needs about {needed:,} rows."
    )


CHECK = Check(
    code="TR004",
    name="too-few-rows",
    title="Too few rows to tell",
    severity="medium",
    needs="an interval of the score: evaluate.bootstrap above 0",
    why="Two models whose intervals overlap this much cannot be told apart: choosing between them is a coin toss.",
    action="Label more rows for the test split, or raise data.test_fraction; compare models on the same rows, by a "
    "paired test, rather than by their scores.",
    detect=detect,
)
