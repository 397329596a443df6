"""TR011: runs that differ only in their seed disagree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check
from textrnn.evaluation.headline import headline_of

MAX_RANGE = 0.03  # of a score from 0 to 1; of an error in units, as a share of it


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether the headline scores of runs with other seeds lie at least 0.03 apart, or 3 % of an error in units."""
    lead = headline_of(data)
    others = [run for run in data.get("seeds") or [] if run["value"] is not None]
    if not others:
        return None
    here = data["metrics"][lead.name]["value"]
    values = [here, *(run["value"] for run in others)]
    limit = MAX_RANGE * abs(here) if lead.sign < 0 else MAX_RANGE
    if max(values) - min(values) < limit:
        return ""
    return (
        f"{len(values)} runs that differ only in their seed reach {lead.words} from {min(values):.3f} to "
        f"{max(values):.3f}; this one has {here:.3f}."
    )


CHECK = Check(
    code="TR011",
    name="seeds-disagree",
    title="Seeds disagree",
    severity="medium",
    needs="another run with the same data and settings, and another train.seed",
    why="Part of the score is luck of the initial weights: a change of settings is only better if it wins over several "
    "seeds.",
    action="Report the mean over seeds. Train longer, average weights (train.ema_decay), or use more data: then "
    "training depends less on the seed.",
    detect=detect,
)
