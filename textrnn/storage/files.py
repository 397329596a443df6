"""The one writer for everything on disk: atomic files, sealed folders, digests.

A file is written to a temporary name in its own folder, flushed, synced and renamed; a folder is
complete only when its manifest exists, and the manifest is written last.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from textrnn.errors import ConfigError, DamagedFilesError
from textrnn.storage.disk import make_folder, name_path_in_errors, resolve_links, sync_folder, sync_tree
from textrnn.storage.disk import open_atomic as open_atomic  # for those who write nouns

MANIFEST = "manifest.json"
ASIDE_SUFFIX = ".aside"  # suffix of a folder set aside while its successor moves in
MAX_ATTEMPTS = 20  # how often a reader may put the old folder back while a new one moves in
_CHUNK = 1 << 20


# --- JSON and digests -----------------------------------------------------------------------


def canonical_json(value: object) -> bytes:
    """`value` as canonical JSON: sorted keys, no spaces, UTF-8; the same value gives the same bytes.

    Raises TypeError for anything that is not plain JSON (no repr, no pickle, non-string keys),
    ValueError for NaN and infinities.

    >>> canonical_json({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    _require_plain(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def _require_plain(value: object) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a JSON key must be a string, not {type(key).__name__}: {key!r}")
            _require_plain(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _require_plain(item)
    elif not (value is None or isinstance(value, (str, bool, int, float))):
        raise TypeError(f"not plain JSON: {type(value).__name__}")


def digest_bytes(data: bytes) -> str:
    """SHA-256 of `data`, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest_json(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`."""
    return digest_bytes(canonical_json(value))


def digest_file(path: Path) -> str:
    """SHA-256 of the bytes of the file at `path`, read in pieces."""
    found = hashlib.sha256()
    with name_path_in_errors(path), open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def read_json(path: Path) -> Any:
    """The JSON value in the UTF-8 file `path`. Raises OSError, ValueError."""
    with name_path_in_errors(path), open(path, encoding="utf-8") as file:
        try:
            return json.load(file)
        except RecursionError:
            raise ValueError(f"{path}: expected JSON, found values nested too deeply") from None


# --- one file -------------------------------------------------------------------------------


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path`, atomically. Raises OSError."""
    with open_atomic(path) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, atomically; a file name in it that is not UTF-8 as it is. Raises OSError."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def write_json(path: Path, value: object) -> None:
    """Write `value` to `path` as indented JSON with sorted keys, atomically. Raises OSError, TypeError."""
    _require_plain(value)
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    # a lone surrogate (a file name that is no Unicode) becomes the JSON escape that it is
    write_bytes(path, (text + "\n").encode("utf-8", "backslashreplace"))


# --- sealed folders -------------------------------------------------------------------------


def list_files(folder: Path) -> list[str]:
    """The files below `folder` as sorted relative POSIX paths, its manifest left out."""
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return sorted(name for path in found if (name := path.relative_to(folder).as_posix()) != MANIFEST)


def describe_files(folder: Path, *, leave_out: frozenset[str] = frozenset()) -> dict[str, dict[str, Any]]:
    """`{name: {"sha256": ..., "size": bytes}}` of every file below `folder` but the manifest."""
    names = (name for name in list_files(folder) if name not in leave_out)
    return {name: {"sha256": digest_file(folder / name), "size": (folder / name).stat().st_size} for name in names}


def content_digest(files: Mapping[str, Mapping[str, Any]]) -> str:
    """One digest for the described files: what a later stage's key holds of this result."""
    return digest_json({name: str(entry["sha256"]) for name, entry in files.items()})


def write_manifest(
    folder: Path, header: Mapping[str, Any], *, leave_out: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Write the manifest of `folder`, last: `header`, and the digest and size of each file.

    Files named in `leave_out` are not digested (a model card may be edited).
    """
    manifest = {**header, "files": describe_files(folder, leave_out=leave_out)}
    write_json(folder / MANIFEST, manifest)
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a sealed folder. Raises DamagedFilesError where there is none or it is not one."""
    try:
        manifest = read_json(folder / MANIFEST)
    except FileNotFoundError:
        raise DamagedFilesError(f"{folder}: expected {MANIFEST}, found none; the folder is not complete") from None
    except (OSError, ValueError) as error:
        raise DamagedFilesError(f"{folder / MANIFEST}: expected JSON, but {error}") from error
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not all(_is_entry(entry) for entry in files.values()):
        raise DamagedFilesError(f"{folder / MANIFEST}: expected a list of files with digests and sizes")
    return cast("dict[str, Any]", manifest)


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("sha256"), str) and isinstance(entry.get("size"), int)


def find_damage(folder: Path, files: Mapping[str, Mapping[str, Any]], *, digests: bool = True) -> str | None:
    """The first disagreement between `folder` and the described `files`, in words, or None.

    With `digests=False` only presence and size are compared.
    """
    for name, entry in files.items():
        path = folder / name
        if ".." in Path(name).parts or Path(name).is_absolute() or path.is_symlink() or not path.is_file():
            return f"{path}: missing or not a plain file"
        try:
            if (size := path.stat().st_size) != entry["size"]:
                return f"{path}: expected {entry['size']} bytes, found {size}"
            if digests and digest_file(path) != entry["sha256"]:
                return f"{path}: its bytes differ from the SHA-256 in {MANIFEST}"
        except OSError as error:
            return f"{path}: cannot be read: {error.strerror}"
    return None


def foreign_files(folder: Path, *, known: frozenset[str] = frozenset()) -> list[str]:
    """What stands at `folder` and is neither listed in its manifest nor in `known`: none where nothing is there."""
    if not os.path.lexists(folder):
        return []
    found = list_files(folder) if folder.is_dir() else [folder.name]
    try:
        listed = set(read_manifest(folder)["files"])
    except DamagedFilesError:
        listed = set()
        found += [MANIFEST] if (folder / MANIFEST).exists() else []
    return [name for name in found if name not in listed | known]


def commit_folder(temporary: Path, final: Path) -> None:
    """Rename the sealed folder `temporary` to `final` (same disk), durably. Raises OSError."""
    sync_tree(temporary)
    make_folder(final.parent)
    with name_path_in_errors(final):
        os.rename(temporary, final)
    sync_folder(final.parent)


def replace_folder(new: Path, final: Path) -> None:
    """Put the folder `new` in the place of `final`: the old aside, the new in, the old removed.

    A kill between the two renames leaves only the one set aside: `restore_aside` puts it back. Of several
    processes one at a time may replace; any number may restore meanwhile. Raises OSError, with the old folder
    back in its place.
    """
    sync_tree(new)  # before the renames, so that `final` is absent only between them
    make_folder(final.parent)
    try:
        for left in reversed(range(MAX_ATTEMPTS)):
            restore_aside(final, remove=True)
            if _moved_in(new, final, last=left == 0):
                break
        sync_folder(final.parent)
    finally:
        restore_aside(final, remove=True)


def resolve_link(folder: Path) -> Path:
    """`folder` itself, or the folder that it is a link to: the one that is replaced, while the link stays.

    Raises ConfigError where the link leads to nothing, in a circle, or to a file.
    """
    if not folder.is_symlink():
        return folder
    try:
        found = resolve_links(folder)
        restore_aside(found)
    except OSError as error:
        raise ConfigError(
            f"{folder}: expected a folder or a link to one, but {error.strerror}; remove the link"
        ) from None
    if not found.is_dir():
        what = "a file" if found.exists() else "nothing"
        raise ConfigError(
            f"{folder}: expected a folder or a link to one, found a link to {found}, where {what} is; "
            "remove the link, or make the folder"
        )
    return found


def _moved_in(new: Path, final: Path, *, last: bool) -> bool:
    """Whether `new` could take the place; not where a reader put the old one back meanwhile."""
    with name_path_in_errors(final):
        if final.exists():
            os.rename(final, final.with_name(final.name + ASIDE_SUFFIX))
        try:
            os.rename(new, final)
        except OSError:
            if last or not final.exists():
                raise
            return False
        return True


def restore_aside(final: Path, *, remove: bool = False) -> None:
    """Finish what a killed `replace_folder` left: put the old folder back where there is no new one.

    Where there is, only the one process that may replace it may `remove` the old one: to anyone else it may be
    the one that was set aside a moment ago. Raises OSError.
    """
    if not final.name:  # the root
        return
    aside = final.with_name(final.name + ASIDE_SUFFIX)
    if not aside.exists():
        return
    if final.exists():
        if remove:
            shutil.rmtree(aside, ignore_errors=True)
        return
    try:
        with name_path_in_errors(final):
            os.rename(aside, final)
    except OSError:
        if not final.exists():  # neither the new one moved in nor another process put the old one back
            raise
