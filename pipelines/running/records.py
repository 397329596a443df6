"""The record of a run, `runs/<name>/`: for people what it did, for the cache which results it reached."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.caching.cache import DATA, Cache, Entry
from textrnn.errors import ConfigError, DamagedFilesError
from textrnn.evaluation.origin import Origin, forget_origin, name_origin
from textrnn.storage.files import (
    ASIDE,
    MANIFEST,
    canonical_json,
    digest_bytes,
    find_damage,
    foreign_files,
    read_json,
    read_manifest,
    replace_folder,
    resolve_link,
    restore_aside,
    write_bytes,
    write_json,
)
from textrnn.storage.locks import exclusive_lock, shared_lock
from textrnn.storage.ownership import GENERATOR, mark_json

RECORD, REPORTS = "run.json", ("report.json", "report.html")  # in a run's folder
MAX_HISTORY = 20
HISTORY_SECONDS = 60.0  # that another process may take to write one small file


def run_folder(root: Path, name: str) -> Path:
    """Where the record and the report of the run `name` stand."""
    return root / "runs" / name


def model_folder(root: Path, name: str) -> Path:
    """Where the model folder of the run `name` stands."""
    return root / "models" / name


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


def is_same_record(root: Path, name: str, stages: Sequence[Mapping[str, Any]], config: Mapping[str, Any]) -> bool:
    """Whether the last run of `name` ended well, under `config` and with the results of `stages`."""
    before = read_run(root, name)
    if before is None or before.get("exit") != 0:
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


def is_published(entry: Entry, target: Path) -> bool:
    """Whether `target`, a sealed folder, is whole and has the manifest of the one in `entry`."""
    try:
        manifest = read_manifest(target)
        return manifest == read_manifest(entry.folder / DATA) and find_damage(target, manifest["files"]) is None
    except DamagedFilesError:
        return False


def require_model_or_nothing(target: Path) -> None:
    """Refuse, by ConfigError, to replace the folder `target` where it holds files that are not a model's."""
    if not os.path.lexists(target):
        return
    from textrnn.model.files import FILES  # with numpy, which a run with nothing to do spares

    if foreign := foreign_files(target, known=FILES):
        raise ConfigError(f"{target}: expected a model folder or nothing there, found {foreign[0]}; move it elsewhere")


def publish(entry: Entry, target: Path) -> bool:
    """Copy the files of `entry` to the folder `target`, which is replaced whole; False where it is equal.

    One process at a time may do so. Raises DamagedFilesError where the entry's bytes differ from its manifest,
    ConfigError where a person's own files stand in the way.
    """
    if is_published(entry, target):
        return False
    require_model_or_nothing(target)
    if damage := find_damage(entry.folder / DATA, entry.manifest["files"]):
        raise DamagedFilesError(damage)
    temporary = target.with_name(f".{target.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)
    files = sorted(path for path in (entry.folder / DATA).rglob("*") if path.is_file())
    for path in sorted(files, key=lambda p: p.name == MANIFEST):
        write_bytes(temporary / path.relative_to(entry.folder / DATA), path.read_bytes())
    replace_folder(temporary, target)
    return True


def is_file_published(entry: Entry, name: str, target: Path) -> bool:
    """Whether `target` has the bytes of the file `name` of `entry`, wherever a page says that it comes from."""
    try:
        found, made = target.read_bytes(), (entry.folder / DATA / name).read_bytes()
    except OSError:
        return False
    return found == made or forget_origin(found.decode("utf-8", "replace")).encode() == made


def publish_file(entry: Entry, name: str, target: Path, origin: Origin | None = None) -> None:
    """Copy one file of `entry` to `target`, where it differs, a page with its `origin`. Raises DamagedFilesError, as
    `publish`.
    """
    if damage := find_damage(entry.folder / DATA, {name: entry.manifest["files"][name]}):
        raise DamagedFilesError(damage)
    data = (entry.folder / DATA / name).read_bytes()
    if origin is not None:
        data = name_origin(data.decode("utf-8"), origin).encode()
    if not target.is_file() or target.read_bytes() != data:
        write_bytes(target, data)


@contextlib.contextmanager
def cleaning_up(cache: Cache, root: Path, name: str) -> Iterator[None]:
    """Be one of the runs on `cache` for the block; one that is alone first removes what killed ones left."""
    with shared_lock(cache.root / "locks" / "running.lock", lambda: _clean_up(cache, root, name)):
        yield


def _clean_up(cache: Cache, root: Path, name: str) -> None:
    """Remove unfinished files and folders. No run writes to this cache now, so none of them is anybody's."""
    target = model_folder(root, name)
    with contextlib.suppress(ConfigError):
        target = resolve_link(target)
    for folder in (cache.root, cache.root / "history", run_folder(root, name)):
        for path in folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)
    done = [
        path
        for path in (cache.root / "work").glob("*")
        if (cache.root / "entries" / path.name.rpartition("-")[0] / path.name.rpartition("-")[2] / MANIFEST).is_file()
    ]
    for path in (*(cache.root / "tmp").glob("*"), *done, target.with_name(f".{target.name}.new")):
        shutil.rmtree(path, ignore_errors=True)
    for path in (*(cache.root / "entries").glob(f"*/*{ASIDE}"), target.with_name(target.name + ASIDE)):
        restore_aside(path.with_name(path.name.removesuffix(ASIDE)))


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
