"""Trainings that were begun but not finished: what a run says, or refuses, before one starts again at step 0."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.caching.cache import Cache
from pipelines.caching.changes import explain_change
from textrnn.errors import ConfigError
from textrnn.storage.files import read_json, write_json

ABOUT_FILE = "about.json"  # in the work folder: which run trains there, and what its key holds


@dataclass
class TrainingStarts:
    """Watches the trainings of one run as they begin; `run` is its folder.

    With `required` none may start at step 0, but for one that follows on a training of this run that went on.
    """

    cache: Cache
    run: Path
    required: bool = False
    resumed: bool = False

    def check(self, stage: str, work: Path, preimage: Mapping[str, Any], progress: Any) -> str:
        """What a person should know of the beginning that `progress` tells of: a warning, or "".

        Raises ConfigError where a training that must go on starts over.
        """
        warning = str(progress.lost)
        if not warning and progress.steps_done == 0 and not self.resumed:
            warning = self._other_settings(stage, work, preimage)
        if self.required and progress.steps_done == 0 and (progress.lost or not self.resumed):
            found = warning or "found no checkpoint of it"
            raise ConfigError(
                f"--require-resume: expected to resume the training of the stage {stage}, but {found}; nothing was "
                "trained and nothing moved: leave --require-resume out to train from the start"
            )
        self.resumed |= progress.steps_done > 0
        if not (work / ABOUT_FILE).is_file():
            write_json(work / ABOUT_FILE, {"run": str(self.run), "preimage": dict(preimage)})
        return f"{stage}: {warning}" if warning else ""

    def _other_settings(self, stage: str, work: Path, preimage: Mapping[str, Any]) -> str:
        """Of the newest unfinished training of this run and stage under another key: how far it is, what differs."""
        found = []
        for folder in self.cache.root.joinpath("work").glob(f"{stage}-*"):
            kept = [path for path in folder.rglob("step-*") if path.is_dir()]
            about = _read_about(folder / ABOUT_FILE) if kept and folder != work else None
            if about is not None and about["run"] == str(self.run):
                newest = max(kept, key=lambda path: path.name)
                found.append((newest.stat().st_mtime, newest, about["preimage"]))
        if not found:
            return ""
        _, newest, before = max(found, key=lambda each: each[0])
        changed = "; ".join(explain_change(before, preimage)) or "its cache key differs"
        step = int(newest.name.split("-")[1])
        return (
            f"an unfinished training with other settings ({changed}) is at step {step}; this one starts at step 0; "
            f"the other is kept in {shlex.quote(str(newest.parent))}, and a run with its settings resumes it"
        )


def _read_about(path: Path) -> dict[str, Any] | None:
    try:
        about = read_json(path)
        explain_change(about["preimage"], about["preimage"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return about if isinstance(about.get("run"), str) else None
