"""Kept runs removed, never a promoted one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from pipelines.runs.lock import GONE, locked_runs
from pipelines.runs.promotions import promoted
from pipelines.runs.run import Run, list_kept, list_names, read_kept
from textrnn.errors import ConfigError
from textrnn.storage.disk import name_path_in_errors, sync_folder


def remove_runs(runs: Sequence[Run], *, dry_run: bool = False) -> list[tuple[Path, int]]:
    """Remove `runs`, all or, where one of them is promoted, none; returns (folder, bytes) of what went, or would go.

    Raises ConfigError for a promoted one, LockTimeoutError.
    """
    for run in runs:
        _require_not_promoted(run)
    gone = []
    for (root, name), of_name in groupby(sorted(runs, key=_place), key=lambda run: (run.root, run.name)):
        chosen = list(of_name)
        gone += _remove(root, name, lambda chosen=chosen: chosen, dry_run=dry_run)  # type: ignore[misc]
    return gone


def collect_runs(root: Path, name: str | None, keep: int, *, dry_run: bool = False) -> list[tuple[Path, int]]:
    """Remove all but the last `keep` runs of each name, or of one, and the promoted ones.

    Returns (folder, bytes) of what went, or would go. Raises ConfigError for a `name` without runs, LockTimeoutError.
    """
    names = list_names(root)
    if name is not None and name not in names:
        raise ConfigError(f"--name {name}: expected a name that has runs, found none; `textrnn runs` lists them")
    gone = []
    for each in names if name is None else [name]:

        def spare(each: str = each) -> list[Run]:
            kept = list_kept(root, each)
            return [run for run in kept[: max(len(kept) - keep, 0)] if not _is_promoted(run)]

        gone += _remove(root, each, spare, dry_run=dry_run)
    return gone


def _remove(root: Path, name: str, choose: Callable[[], Sequence[Run]], *, dry_run: bool) -> list[tuple[Path, int]]:
    """Remove the runs of `name` that are chosen while its lock is held."""
    if dry_run or not choose():
        return [(run.folder, run.size) for run in choose()]
    gone = []
    with locked_runs(root, name):
        chosen = [run for run in choose() if read_kept(root, name, run.id) is not None]
        for run in chosen:
            _require_not_promoted(run)
        for run in chosen:
            gone.append((run.folder, run.size))
            _remove_folder(run.folder)
    return gone


def _remove_folder(folder: Path) -> None:
    """Move `folder` out of sight, and delete it there: nobody meets a half of it."""
    aside = folder.with_name(f".{folder.name}{GONE}")
    with name_path_in_errors(folder):
        os.rename(folder, aside)
    sync_folder(folder.parent)  # before any file goes: a power cut must not bring back the rest
    shutil.rmtree(aside, ignore_errors=True)


def _is_promoted(run: Run) -> bool:
    standing = promoted(run.root, run.name)
    return standing is not None and standing[1].id == run.id


def _require_not_promoted(run: Run) -> None:
    if _is_promoted(run):
        raise ConfigError(
            f"{run.id}: expected a run that is not promoted, found the one that models/{run.name} holds; promote "
            "another first, or leave it out"
        )


def _place(run: Run) -> tuple[str, str, str]:
    return str(run.root), run.name, run.id
