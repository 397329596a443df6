"""Choosing the promoted run: by hand, the last one, the one promoted before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pipelines.runs.lock import locked_runs
from pipelines.runs.places import RECORD, run_folder
from pipelines.runs.promotions import promote, promoted, read_promotions
from pipelines.runs.run import Run, list_kept, read_kept
from textrnn.errors import ConfigError, DamagedFilesError, ModelError
from textrnn.storage.files import read_json


def promote_by_hand(run: Run, *, log: Callable[[str], None]) -> None:
    """Promote `run`; it stays so while others finish. Raises ModelError where it is damaged, LockTimeoutError."""
    _promote(run, "hand", log)


def promote_last(run: Run, *, log: Callable[[str], None]) -> None:
    """Promote `run`, and let each run after it promote its own model. Raises as `promote_by_hand`."""
    _promote(run, "run", log)


def _promote(run: Run, by: Literal["run", "hand"], log: Callable[[str], None]) -> None:
    with locked_runs(run.root, run.name, log=log):
        if read_kept(run.root, run.name, run.id) is None:
            raise ConfigError(f"{run.id}: expected a kept run, but it was removed meanwhile; promote another")
        try:
            promote(run, by)
        except DamagedFilesError as damage:
            raise ModelError(f"{damage}; the kept run is damaged: promote another, or run again") from None


def last_run(root: Path, name: str) -> Run:
    """The run of `name` that finished last, or was reached again last. Raises ConfigError."""
    try:
        reached = read_json(run_folder(root, name) / RECORD).get("run")
    except (OSError, ValueError, AttributeError):
        reached = None
    found = read_kept(root, name, reached) if isinstance(reached, str) else None
    kept = list_kept(root, name)
    if found is None and not kept:
        raise ConfigError(f"{name}: expected a name that has kept runs, found none; `textrnn runs` lists them")
    return found or kept[-1]


def run_before(root: Path, name: str) -> Run:
    """The run of `name` that was promoted before the one that is, and is kept still. Raises ConfigError."""
    standing = promoted(root, name)
    for past in reversed(read_promotions(root, name)):
        run = read_kept(root, name, past.run)
        if run is not None and (standing is None or run.id != standing[1].id):
            return run
    raise ConfigError(f"{name}: expected a run that was promoted before, found none that is kept; `textrnn runs` lists")
