"""The scores of kept runs that differ from another in their seed alone."""

from __future__ import annotations

from typing import Any

from pipelines.runs.run import Run, list_kept
from pipelines.runs.run_changes import changes_between

SEED_SETTING = "train.seed "  # what the line of that setting begins with
MAX_RUNS = 20  # runs, the latest


def scores_of_other_seeds(run: Run) -> list[dict[str, Any]]:
    """Return `run` (an id) and `value` (the headline score) of the kept runs of the same name, data, code and settings,
    but for train.seed; the oldest first.
    """
    found = []
    for other in list_kept(run.root, run.name)[-MAX_RUNS:]:
        changes = None if other.id == run.id else changes_between(other, run)
        if changes is None or changes.data or changes.code or changes.libraries or not changes.settings:
            continue
        score = other.record.get("score")
        if all(line.startswith(SEED_SETTING) for line in changes.settings) and isinstance(score, dict):
            found.append({"run": other.id, "value": score.get("value")})
    return found
