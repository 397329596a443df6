"""The cache: results by key, committed whole, verified whenever they are read."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.stages.stage import Stage, resolve_name
from textrnn.errors import DamagedFilesError, LockTimeoutError
from textrnn.storage.disk import make_folder, name_path_in_errors, sync_folder
from textrnn.storage.files import (
    ASIDE_SUFFIX,
    MANIFEST,
    commit_folder,
    content_digest,
    describe_files,
    digest_file,
    digest_json,
    find_damage,
    read_manifest,
    replace_folder,
    restore_aside,
    write_json,
)
from textrnn.storage.locks import exclusive_lock

FORMAT = 1
DATA_FOLDER = "data"
STALE_SECONDS = 3600.0  # an unlocked temp folder older than this was left by a killed process
RESUMABLE_SECONDS = 7 * 86400.0  # checkpoints younger than this may be gone on with


@dataclass(frozen=True)
class Entry:
    """One finished result: its folder, and its manifest as read."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def stage(self) -> str:
        """The name of the stage that made it."""
        return str(self.manifest["stage"])

    @property
    def key(self) -> str:
        """The key it stands under."""
        return str(self.manifest["key"])

    @property
    def content(self) -> str:
        """The digest of its bytes: what later keys hold of it."""
        return str(self.manifest["content"])

    @property
    def size(self) -> int:
        """Bytes of its data."""
        return sum(entry["size"] for entry in self.manifest["files"].values())


def require_complete(entry: Entry) -> None:
    """Raise DamagedFilesError where the bytes of `entry` differ from its manifest."""
    if damage := find_damage(entry.folder / DATA_FOLDER, entry.manifest["files"]):
        raise DamagedFilesError(damage)


@dataclass(frozen=True)
class Cache:
    """Results below the folder `root`: `entries/<stage>/<key>`, with locks, temp and work folders."""

    root: Path

    def entry_folder(self, stage: str, key: str) -> Path:
        """Where the result of `stage` under `key` stands."""
        return self.root / "entries" / stage / key[:32]

    def work_folder(self, stage: str, key: str) -> Path:
        """Where an unfinished run of `stage` under `key` keeps its checkpoints."""
        return self.root / "work" / f"{stage}-{key[:32]}"

    def find(self, stage: str, key: str) -> Entry | None:
        """The complete result of `stage` under `key`, or None. Its sizes are compared, its bytes not yet."""
        folder = self.entry_folder(stage, key)
        entry = _read_entry(folder)
        if entry is None or entry.key != key or entry.stage != stage:
            return None
        if find_damage(folder / DATA_FOLDER, entry.manifest["files"], digests=False):
            return None
        return entry

    def read(self, entry: Entry, stage: Stage) -> Any:
        """The noun of `entry`, its bytes compared with the manifest. Raises DamagedFilesError."""
        require_complete(entry)
        try:
            return resolve_name(stage.noun).load(entry.folder / DATA_FOLDER)
        except OSError as error:
            raise DamagedFilesError(f"{entry.folder}: {error}") from error

    def commit(self, stage: Stage, key: str, noun: Any, preimage: Mapping[str, Any], made: Mapping[str, Any]) -> Entry:
        """Write `noun` as the result under `key`: whole and synced, or not at all.

        `made` is what a person may want to know (times, host, reasons); no digest covers it.
        """
        temporary = self.root / "tmp" / uuid.uuid4().hex
        try:
            noun.save(temporary / DATA_FOLDER)
            files = describe_files(temporary / DATA_FOLDER)
            if (inner := temporary / DATA_FOLDER / MANIFEST).exists():  # a model folder has one of its own
                files[MANIFEST] = {"sha256": digest_file(inner), "size": inner.stat().st_size}
            manifest = {
                "format": FORMAT,
                "stage": stage.name,
                "key": key,
                "preimage": dict(preimage),
                "content": content_digest(files),
                "made": dict(made),
                "files": files,
            }
            write_json(temporary / MANIFEST, manifest)
            final = self.entry_folder(stage.name, key)
            if final.exists():
                replace_folder(temporary, final)
            else:
                commit_folder(temporary, final)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return Entry(final, manifest)

    def discard(self, entry: Entry) -> None:
        """Remove a damaged result, whose lock is held, unless another process has made it again meanwhile.

        Raises OSError.
        """
        present = _read_entry(entry.folder)
        if present is not None and find_damage(present.folder / DATA_FOLDER, present.manifest["files"]) is None:
            return
        self._remove(entry.folder)

    @contextlib.contextmanager
    def locked(self, stage: str, key: str, *, timeout: float, log: Callable[[str], None]) -> Iterator[None]:
        """Hold the lock of one key; what a killed holder set aside is put back. Raises LockTimeoutError."""
        with exclusive_lock(self.root / "locks" / f"{stage}-{key[:32]}.lock", timeout=timeout, on_wait=log):
            restore_aside(self.entry_folder(stage, key), remove=True)
            yield

    def entries(self) -> list[Entry]:
        """Every complete result, by stage and key."""
        return [entry for folder in self._folders() if (entry := _read_entry(folder)) is not None]

    def verify(self) -> dict[str, str]:
        """Compare every file of every entry with its manifest: `{folder: damage}` of those that differ."""
        damaged = {}
        for folder in self._folders():
            entry = _read_entry(folder)
            incomplete = f"{folder}: expected a complete manifest, found none"
            damage = find_damage(folder / DATA_FOLDER, entry.manifest["files"]) if entry else incomplete
            if damage:
                damaged[str(folder)] = damage
        return damaged

    def collect(self, keep: Callable[[], set[tuple[str, str]]], *, dry_run: bool) -> list[tuple[str, int]]:
        """Remove results that are not in `keep()` (stage, key), and what killed processes left.

        A result whose lock is held stays, and so do checkpoints of the last week. `keep` is asked again once a lock
        is held: a run notes what it has made before it lets go of it. Returns (path, bytes) of what went, or would go.
        """

        def kept() -> set[str]:
            return {f"{stage}-{key[:32]}" for stage, key in keep()}

        before = kept()
        gone: list[tuple[str, int]] = []
        candidates = [
            (f"{path.parent.name}-{path.name.removesuffix(ASIDE_SUFFIX)}", path) for path in self._entry_folders()
        ]
        candidates += [(path.name, path) for path in _older(self.root / "work", RESUMABLE_SECONDS)]
        for name, path in sorted(candidates):
            if name not in before:
                gone += self._remove_unless_held(path, name, kept, dry_run)
        for path in _older(self.root / "tmp", STALE_SECONDS):
            gone.append((str(path), _size_of(path)))
            if not dry_run:
                shutil.rmtree(path, ignore_errors=True)
        for folder in (self.root, self.root / "history", *(self.root / "entries").glob("*")):
            for path in _older(folder, STALE_SECONDS, ".*.tmp"):
                gone.append((str(path), path.stat().st_size))
                if not dry_run:
                    path.unlink()
        return gone

    def _folders(self) -> list[Path]:
        return sorted(folder for folder in self._entry_folders() if folder.suffix != ASIDE_SUFFIX)

    def _entry_folders(self) -> list[Path]:
        """Entries, and those that were moved aside; a file that a failing disk did not let go is neither."""
        return [path for path in (self.root / "entries").glob("*/*") if not path.name.startswith(".")]

    def _remove_unless_held(
        self, path: Path, name: str, kept: Callable[[], set[str]], dry_run: bool
    ) -> list[tuple[str, int]]:
        try:
            with exclusive_lock(self.root / "locks" / f"{name}.lock", timeout=0):
                if name in kept() or not path.exists():
                    return []
                size = _size_of(path)
                if not dry_run:
                    self._remove(path)
                return [(str(path), size)]
        except LockTimeoutError:
            return []

    def _remove(self, folder: Path) -> None:
        """Move `folder` among the temporary ones, and delete it there: nobody meets a half of it."""
        if folder.exists():
            temporary = self.root / "tmp" / uuid.uuid4().hex
            make_folder(temporary.parent)
            with name_path_in_errors(folder):
                os.rename(folder, temporary)
            sync_folder(temporary.parent)  # before any file goes: a power cut must not bring back the rest
            sync_folder(folder.parent)
            shutil.rmtree(temporary, ignore_errors=True)


def _read_entry(folder: Path) -> Entry | None:
    try:
        manifest = read_manifest(folder)
    except DamagedFilesError:
        return None
    if manifest.get("format") != FORMAT or not isinstance(manifest.get("made"), dict):
        return None
    # the key vouches for the pre-image, and the content for the list of files
    preimage = manifest.get("preimage")
    if not isinstance(preimage, dict) or manifest.get("key") != digest_json(preimage):
        return None
    if manifest.get("stage") != preimage.get("stage") or manifest.get("content") != content_digest(manifest["files"]):
        return None
    return Entry(folder, manifest)


def _older(folder: Path, seconds: float, names: str = "*") -> list[Path]:
    """What stands in `folder` and was last written longer ago than `seconds`."""
    found = []
    for path in sorted(folder.glob(names)):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > seconds:
                found.append(path)
    return found


def _size_of(folder: Path) -> int:
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(directory) / name).stat().st_size
    return total
