"""The kept runs of a folder as rows of a table."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.runs.promotions import promoted
from pipelines.runs.run import Run, list_kept, list_names
from pipelines.runs.run_changes import RunChanges, changes_between, row_number
from textrnn.data.fix_words import warn_of_suggested

COLUMN_HEADERS = ("run", "name", "finished", "data", "rows", "score", "95 %", "MB", "minutes", "", "changed")
PROMOTED_WORDS = {"run": "promoted", "hand": "promoted by hand", None: ""}


@dataclass(frozen=True)
class ListedRun:
    """A kept run with what is told of it: by whom it is `promoted` ("run", "hand", None), its bytes, and what `changed`
    since the run of its name before it (None for the first).
    """

    run: Run
    promoted: str | None
    size: int
    changed: RunChanges | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        record = self.run.record
        return {
            "run": self.run.id,
            "name": self.run.name,
            "finished": record.get("finished"),
            "data": record.get("data"),
            "score": record.get("score"),
            "held_out": record.get("held_out"),
            "fixes": record.get("fixes"),
            "bytes": self.size,
            "seconds": record.get("seconds"),
            "promoted": self.promoted,
            "changed": self.changed.to_json() if self.changed else None,
            "model": str(self.run.model),
            "report": str(self.run.folder / "report.html"),
        }


def list_runs(root: Path, name: str | None = None) -> list[ListedRun]:
    """Every kept run of the folder `root`, or those of `name`, by name, the oldest first."""
    found = []
    for each in list_names(root) if name is None else [name]:
        standing = promoted(root, each)
        before: Run | None = None
        for run in list_kept(root, each):
            by = standing[0].by if standing is not None and standing[1].id == run.id else None
            found.append(ListedRun(run, by, run.size, None if before is None else changes_between(before, run)))
            before = run
    return found


def warn_of_runs(runs: Sequence[ListedRun]) -> list[str]:
    """A sentence for each run that was scored, or chosen, by labels that an audit suggested."""
    return [
        f"{listed.run.id}: {warning}"
        for listed in runs
        for warning in warn_of_suggested(listed.run.record.get("fixes") or {})
    ]


def format_table(runs: Sequence[ListedRun]) -> list[list[str]]:
    """The rows of the table, its heads first."""
    return [list(COLUMN_HEADERS), *(_row(listed) for listed in runs)]


def _row(listed: ListedRun) -> list[str]:
    record = listed.run.record
    score, rows = record.get("score") or {}, row_number(listed.run)
    seconds = record.get("seconds")
    return [
        listed.run.id,
        listed.run.name,
        format_minute(str(record.get("finished", ""))),
        str(record.get("data", {}).get("digest", "")),
        "" if rows is None else f"{rows:,}",
        format_score(score),
        format_interval(score),
        f"{listed.size / 1e6:.1f}",
        f"{seconds / 60:.1f}" if isinstance(seconds, (int, float)) else "",
        PROMOTED_WORDS[listed.promoted],
        listed.changed.line if listed.changed else "",
    ]


def format_minute(time: str) -> str:
    """An ISO time by this machine's clock, to the minute; other strings are unchanged."""
    try:
        return datetime.datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return time


def format_score(score: dict[str, Any]) -> str:
    """A score with its name, as in "accuracy 0.9224"; nothing where there is none."""
    value = score.get("value")
    return f"{str(score.get('name')).replace('_', ' ')} {value:.4f}" if isinstance(value, float) else ""


def format_interval(score: dict[str, Any]) -> str:
    """Its 95 % interval, as in "0.913..0.933"; nothing where there is none."""
    low, high = score.get("low"), score.get("high")
    return f"{low:.3f}..{high:.3f}" if isinstance(low, float) and isinstance(high, float) else ""
