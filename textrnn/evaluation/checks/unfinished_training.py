"""TR015: training had not finished."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check

MIN_IMPROVEMENT = 0.01  # of the validation score in the last epoch; of an error in units, as a share of it


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether the last epoch is the best one, and still improved the validation score by at least 0.01."""
    history = data["history"]
    if len(history) < 2:
        return None
    names = [name for name in history[-1] if name.startswith("validation_") and name != "validation_loss"]
    scores = [row.get(name) for row in history for name in names[:1]]
    if len(scores) < 2 or None in scores:
        return None
    is_error = names[0].endswith("error")
    before = (min if is_error else max)(scores[:-1])
    gain, limit = (
        (before - scores[-1], MIN_IMPROVEMENT * abs(before)) if is_error else (scores[-1] - before, MIN_IMPROVEMENT)
    )
    if data["best_epoch"] != history[-1]["epoch"] or gain < limit:
        return ""
    return (
        f"The last of {len(history)} epochs is the best: it {'lowered' if is_error else 'raised'} "
        f"{names[0].replace('_', ' ')} from {before:.3f} to {scores[-1]:.3f}."
    )


CHECK = Check(
    code="TR015",
    name="unfinished-training",
    title="Training had not finished",
    severity="low",
    needs="learning curves of at least two epochs",
    why="The score was still rising when the epochs ran out: the model is worse than this data allows.",
    action="Raise train.epochs.",
    detect=detect,
)
