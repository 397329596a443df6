"""Results copied from the cache, or from a kept run, to where people look for them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.caching.cache import DATA_FOLDER, Entry
from textrnn.errors import ConfigError, DamagedFilesError
from textrnn.evaluation.origin import Origin, insert_origin, remove_origin
from textrnn.storage.disk import make_folder
from textrnn.storage.files import (
    MANIFEST,
    find_damage,
    foreign_files,
    read_manifest,
    replace_folder,
    write_bytes,
)
from textrnn.storage.locks import folder_lock


def is_published(source: Path, target: Path) -> bool:
    """Whether `target`, a sealed folder, is whole and has the manifest of the sealed folder `source`."""
    try:
        manifest = read_manifest(target)
        return manifest == read_manifest(source) and find_damage(target, manifest["files"]) is None
    except DamagedFilesError:
        return False


def require_model_or_absent(target: Path) -> None:
    """Refuse, by ConfigError, to replace the folder `target` where it holds files that are not a model's."""
    if not os.path.lexists(target):
        return
    from textrnn.model.files import FILES  # with numpy, which a run with nothing to do spares

    if foreign := foreign_files(target, known=FILES):
        raise ConfigError(f"{target}: expected a model folder or nothing there, found {foreign[0]}; move it elsewhere")


def publish(entry: Entry, target: Path) -> bool:
    """Copy the files of `entry` to the folder `target`, which is replaced whole; False where it is equal.

    Of several processes one at a time does so. Raises DamagedFilesError where the entry's bytes differ from its
    manifest, ConfigError where a person's own files stand in the way.
    """
    return _publish_folder(entry.folder / DATA_FOLDER, entry.manifest["files"], target)


def publish_folder(source: Path, target: Path) -> bool:
    """The same of a sealed folder `source`."""
    return _publish_folder(source, read_manifest(source)["files"], target)


def _publish_folder(source: Path, described: Mapping[str, Mapping[str, Any]], target: Path) -> bool:
    if is_published(source, target):
        return False
    require_model_or_absent(target)
    if damage := find_damage(source, described):
        raise DamagedFilesError(damage)
    make_folder(target.parent)
    with folder_lock(target.parent):  # as `TextClassifier.save` holds it
        temporary = target.with_name(f".{target.name}.new")
        shutil.rmtree(temporary, ignore_errors=True)
        copy_sealed(source, temporary)
        replace_folder(temporary, target)
    return True


def copy_sealed(source: Path, target: Path) -> None:
    """Copy a sealed folder to where nothing is, its manifest last, with the time at which that was written."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for path in sorted(files, key=lambda p: p.name == MANIFEST):
        write_bytes(target / path.relative_to(source), path.read_bytes())
    made = (source / MANIFEST).stat().st_mtime_ns
    os.utime(target / MANIFEST, ns=(made, made))  # so that a model that is promoted again is as old as it is


def is_file_published(entry: Entry, name: str, target: Path) -> bool:
    """Whether `target` has the bytes of the file `name` of `entry`, wherever a page says that it comes from."""
    try:
        found, made = target.read_bytes(), (entry.folder / DATA_FOLDER / name).read_bytes()
    except OSError:
        return False
    return found == made or remove_origin(found.decode("utf-8", "replace")).encode() == made


def publish_file(entry: Entry, name: str, target: Path, origin: Origin | None = None) -> None:
    """Copy one file of `entry` to `target`, where it differs, a page with its `origin`. Raises DamagedFilesError, as
    `publish`.
    """
    if damage := find_damage(entry.folder / DATA_FOLDER, {name: entry.manifest["files"][name]}):
        raise DamagedFilesError(damage)
    data = (entry.folder / DATA_FOLDER / name).read_bytes()
    if origin is not None:
        data = insert_origin(data.decode("utf-8"), origin).encode()
    if not target.is_file() or target.read_bytes() != data:
        write_bytes(target, data)
