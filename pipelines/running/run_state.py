"""What a run has reached so far: the outcome of each stage, with the damage that it met."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.caching.cache import Cache, Entry
from pipelines.caching.file_memo import FileMemo
from pipelines.config import RunConfig
from pipelines.running.display import Display
from pipelines.running.output_paths import require_writable_paths
from pipelines.running.records import remember_results
from pipelines.running.unfinished_training import TrainingStarts
from pipelines.runs.run import Run
from pipelines.stages.stage import Stage
from textrnn.errors import DamagedFilesError


@dataclass(frozen=True)
class StageOutcome:
    """What became of one stage: its result, whether it ran, how long it took, and why it ran.

    `off` says why the configuration turns it off, "" where it does not: such a stage makes its empty result unseen.
    """

    stage: str
    entry: Entry
    ran: bool
    seconds: float = 0.0
    reasons: tuple[str, ...] = ()
    off: str = ""

    def to_json(self) -> dict[str, Any]:
        """A line of `run.json`."""
        return {
            "stage": self.stage,
            "key": self.entry.key,
            "content": self.entry.content,
            "ran": self.ran,
            "seconds": round(self.seconds, 3),
            "reasons": list(self.reasons),
            "off": self.off or None,
        }


@dataclass
class RunState:
    """What stands so far: outcomes by stage and content digests by noun in this pass, what `ran` in any."""

    config: RunConfig
    cache: Cache
    memo: FileMemo
    display: Display
    timeout: float
    training_starts: TrainingStarts
    started: datetime.datetime
    overwrite: bool = False
    tried: bool = False  # whether the places that it writes were tried
    outcomes: dict[str, StageOutcome] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    ran: dict[str, StageOutcome] = field(default_factory=dict)
    kept: Run | None = None  # what it left, once it is whole


class DamagedInput(Exception):
    """An entry that is read, or published, is damaged."""

    def __init__(self, entry: Entry, damage: str) -> None:
        super().__init__(f"damaged in the cache: {damage}")
        self.entry = entry


@contextlib.contextmanager
def damage_of_input(entry: Entry) -> Iterator[None]:
    """Turn damage that the block meets in `entry` into DamagedInput."""
    try:
        yield
    except DamagedFilesError as error:
        raise DamagedInput(entry, str(error)) from error
    except FileNotFoundError as error:
        if entry.folder.exists():
            raise
        raise DamagedInput(entry, f"{entry.folder}: removed while it was read") from error


def remember_reached(run: RunState, made: Mapping[str, str] | None = None) -> None:
    """Tell the cache what this run has reached so far, and has `made` (stage -> key) just now."""
    keys = {name: outcome.entry.key for name, outcome in run.outcomes.items()}
    remember_results(run.cache, run.config.root, run.config.name, keys | dict(made or {}))


def check_output_paths(run: RunState, stages: Sequence[Stage]) -> None:
    """Refuse, by ConfigError and once before anything is made, what could not be written in the end."""
    if not run.tried:
        require_writable_paths(run.config.root, run.config.name, run.cache, stages, overwrite=run.overwrite)
        run.tried = True
