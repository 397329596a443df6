"""What changed from one kept run to another: settings, data, code, libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.caching.changes import code_changes, param_changes, source_changes, version_changes
from pipelines.runs.run import Run

SETTINGS_SHOWN = 2  # settings that are named in a line


@dataclass(frozen=True)
class RunChanges:
    """What changed, in words, by what it is of; nothing where a run has the same."""

    settings: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: list(words) for name, words in asdict(self).items()}

    @property
    def line(self) -> str:
        """All of it on one line: settings with their values, data, how many files and libraries.

        >>> RunChanges(("train.epochs was 2, is 3",), (), ("a.py changed: f", "b.py changed: g")).line
        'train.epochs was 2, is 3; code of 2 files'
        """
        more = [f"{len(self.settings) - SETTINGS_SHOWN} more settings"] if len(self.settings) > SETTINGS_SHOWN else []
        code = [f"code of {len(self.code)} file{'s' * (len(self.code) > 1)}"] if self.code else []
        return "; ".join([*self.settings[:SETTINGS_SHOWN], *more, *self.data, *code, *self.libraries])


def changes_between(first: Run, second: Run) -> RunChanges | None:
    """What changed from `first` to `second`; None where one of them does not say what it was made from."""
    try:
        return changes_from(first, second.made_from(), row_number(second))
    except (OSError, ValueError):
        return None


def changes_from(first: Run, new: Mapping[str, Any], rows: int | None = None) -> RunChanges | None:
    """The same to what a run of so many `rows` was made from, kept or not: `new`, as `describe_inputs` returns it."""
    try:
        old = first.made_from()
        return RunChanges(
            tuple(param_changes(old["params"], new["params"])),
            tuple(_data_changes(old, new, row_number(first), rows)),
            tuple(code_changes(old["code"], new["code"])),
            tuple(version_changes({**old, "format": ""}, {**new, "format": ""})),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def row_number(run: Run) -> int | None:
    """How many rows the run read, None where its record does not say so."""
    rows = run.record.get("data", {}).get("rows")
    return sum(rows.values()) if isinstance(rows, dict) else None


def _data_changes(old: Mapping[str, Any], new: Mapping[str, Any], before: int | None, now: int | None) -> list[str]:
    """The sources that changed, and how many rows they have now."""
    found = source_changes(old["source"], new["source"])
    if found and found[0] == "the source data changed" and before is not None and now is not None:
        found[0] += f": {before:,} rows became {now:,}" if before != now else f": still {now:,} rows"
    return found
