"""The record of the last run of a name, `runs/<name>/run.json`, with what the cache knows of the last ones."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.caching.cache import Cache
from pipelines.runs.lock import clean_up_runs
from pipelines.runs.places import RECORD, run_folder
from textrnn.storage.files import (
    ASIDE_SUFFIX,
    MANIFEST,
    canonical_json,
    digest_bytes,
    read_json,
    restore_aside,
    write_json,
)
from textrnn.storage.locks import exclusive_lock, shared_lock
from textrnn.storage.ownership import GENERATOR, mark_json

MAX_HISTORY = 20
HISTORY_SECONDS = 60.0  # that another process may take to write one small file


def write_run(root: Path, name: str, record: Mapping[str, Any]) -> None:
    """Write `runs/<name>/run.json`, marked as ours."""
    write_json(run_folder(root, name) / RECORD, mark_json(record))


def read_run(root: Path, name: str) -> dict[str, Any] | None:
    """The record of the last run of `name`, or None."""
    try:
        record = read_json(run_folder(root, name) / RECORD)
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict):
        return None
    return {name: record[name] for name in record if name != GENERATOR}


def is_same_record(
    root: Path, name: str, stages: Sequence[Mapping[str, Any]], config: Mapping[str, Any], run_id: str | None
) -> bool:
    """Whether the last run of `name` ended well, under `config`, with the results of `stages`, kept as `run_id`."""
    before = read_run(root, name)
    if before is None or before.get("exit") != 0 or before.get("run") != run_id:
        return False
    keys = [(stage["stage"], stage["key"]) for stage in stages]
    known = [(stage.get("stage"), stage.get("key")) for stage in before.get("stages", [])]
    return keys == known and canonical_json(before.get("config")) == canonical_json(config)


def remember_results(cache: Cache, root: Path, name: str, keys: Mapping[str, str]) -> None:
    """Tell the cache which results (stage -> key) the run `name` of the folder `root` reached.

    A run that reached only what the last one did, or some of it, adds nothing. Raises LockTimeoutError.
    """
    path = _history_path(cache, root, name)
    latest = dict(keys)
    if not latest or _ends_with(_read_history(path), latest):  # most often: takes no lock
        return
    with exclusive_lock(cache.root / "locks" / f"history-{path.stem}.lock", timeout=HISTORY_SECONDS):
        history = _read_history(path)  # another run of this name may have added to it
        if _ends_with(history, latest):
            return
        if history and set(history[-1]["keys"].items()) < set(latest.items()):
            history.pop()  # the same run, one stage further
        history.append({"run": str(run_folder(root, name)), "keys": latest})
        write_json(path, history[-MAX_HISTORY:])


def _ends_with(history: Sequence[Mapping[str, Any]], keys: Mapping[str, str]) -> bool:
    """Whether the last run in `history` reached all of `keys`."""
    return bool(history) and set(keys.items()) <= set(history[-1]["keys"].items())


def last_key(cache: Cache, root: Path, name: str, stage: str) -> str | None:
    """The key of `stage` in the latest run of `name` that reached it, or None."""
    for past in reversed(_read_history(_history_path(cache, root, name))):
        key = past["keys"].get(stage)
        if key is not None:
            return str(key)
    return None


def reached_results(cache: Cache, last: int) -> set[tuple[str, str]]:
    """(stage, key) of all that the last `last` runs of each name reached, in every folder that uses the cache."""
    found: set[tuple[str, str]] = set()
    for path in (cache.root / "history").glob("*.json"):
        for past in _read_history(path)[-last:]:
            found |= set(past["keys"].items())
    return found


@contextlib.contextmanager
def cleaning_up(cache: Cache, root: Path, name: str) -> Iterator[None]:
    """Be one of the runs on `cache` for the block; one that is alone first removes what killed ones left."""
    with shared_lock(cache.root / "locks" / "running.lock", lambda: _clean_up(cache, root, name)):
        yield


def _clean_up(cache: Cache, root: Path, name: str) -> None:
    """Remove unfinished files and folders. No run writes to this cache now, so none of them is anybody's."""
    clean_up_runs(root, name)
    for folder in (cache.root, cache.root / "history"):
        for path in folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)
    done = [
        path
        for path in (cache.root / "work").glob("*")
        if (cache.root / "entries" / path.name.rpartition("-")[0] / path.name.rpartition("-")[2] / MANIFEST).is_file()
    ]
    for path in (*(cache.root / "tmp").glob("*"), *done):
        shutil.rmtree(path, ignore_errors=True)
    for path in (cache.root / "entries").glob(f"*/*{ASIDE_SUFFIX}"):
        restore_aside(path.with_name(path.name.removesuffix(ASIDE_SUFFIX)))


def _history_path(cache: Cache, root: Path, name: str) -> Path:
    folder = run_folder(root.resolve(), name)
    with contextlib.suppress(ValueError):  # another drive has no relative path
        # so that a project moved with its cache keeps its history
        folder = Path(os.path.relpath(folder, cache.root.resolve()))
    return cache.root / "history" / f"{digest_bytes(os.fsencode(folder))[:32]}.json"


def _read_history(path: Path) -> list[dict[str, Any]]:
    try:
        history = read_json(path)
    except (OSError, ValueError):
        return []
    if not isinstance(history, list):
        return []
    return [past for past in history if isinstance(past, dict) and isinstance(past.get("keys"), dict)]
