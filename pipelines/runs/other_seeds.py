"""The scores of kept runs that differ from another in their seed alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.caching.cache import Entry
from pipelines.runs.keep import describe_inputs
from pipelines.runs.run import list_kept
from pipelines.runs.run_changes import changes_from

SEED_SETTING = "train.seed "  # what the line of that setting begins with
MAX_RUNS = 20  # runs, the latest


def scores_of_other_seeds(root: Path, name: str, entries: Mapping[str, Entry]) -> list[dict[str, Any]]:
    """Return `run` (an id) and `value` (the headline score) of the kept runs of `name` with the data, code and settings
    of the whole run that has the results in `entries` (by stage), but for train.seed; the oldest first.
    """
    if "bundle" not in entries:  # kept runs are whole
        return []
    made_from, found = describe_inputs(entries), []
    for other in list_kept(root, name)[-MAX_RUNS:]:
        changes = changes_from(other, made_from)
        if changes is None or changes.data or changes.code or changes.libraries or not changes.settings:
            continue
        score = other.record.get("score")
        if all(line.startswith(SEED_SETTING) for line in changes.settings) and isinstance(score, dict):
            found.append({"run": other.id, "value": score.get("value")})
    return found
