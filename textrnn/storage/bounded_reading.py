"""Plain files of folders that others made: bounded before they are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from textrnn import __version__
from textrnn.errors import DamagedFilesError, ModelError
from textrnn.storage.files import MANIFEST, MAX_ATTEMPTS, read_manifest, restore_aside

Read = TypeVar("Read")

MAX_TEXT_BYTES = 1 << 24
# what reads a folder of each kind
LOADED_BY = {"textrnn model": "TextClassifier.load", "textrnn sequence model": "SequenceRegressor.load"}


def is_plain(path: Path) -> bool:
    """Whether a file itself stands there: no link out of the folder, no pipe or device that would never end."""
    return path.is_file() and not path.is_symlink()


def read_bounded(path: Path, limit: int = MAX_TEXT_BYTES) -> bytes:
    """The bytes of a plain file of at most `limit` bytes. Raises ModelError."""
    if not is_plain(path):
        raise ModelError(f"{path}: expected a plain file, found something else; copy the model folder again")
    try:
        if (size := path.stat().st_size) > limit:
            raise ModelError(f"{path}: expected at most {limit} bytes, found {size}; is it the file of a model?")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None


def read_consistently(folder: Path, read: Callable[[], Read]) -> Read:
    """What `read` finds in `folder`, all of it in one folder: again, where another one was put in its place meanwhile.

    Raises what `read` raises of a folder that stayed.
    """
    for _ in range(MAX_ATTEMPTS):
        before = _which(folder)
        try:
            found = read()
        except (ModelError, OSError):
            if before is not None and _which(folder) == before:
                raise
        else:
            if _which(folder) == before:
                return found
    return read()


def _which(folder: Path) -> tuple[int, ...] | None:
    """What tells this folder from another that stands there later; None where there is none."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def read_checked_manifest(folder: Path, maker: str) -> dict[str, Any]:
    """The manifest of a model folder, bounded, whatever it says; `maker` makes such folders. Raises ModelError."""
    # what is replaced behind a link stands where it leads to
    restore_aside(Path(os.path.realpath(folder)) if folder.is_symlink() else folder.absolute())
    if not folder.is_dir():
        raise ModelError(f"{folder}: expected a model folder, found {_what_is(folder)}; {maker} makes one")
    if (path := folder / MANIFEST).is_symlink() or path.exists():
        read_bounded(path)  # no link out, no pipe, nothing endless
    try:
        return read_manifest(folder)
    except DamagedFilesError as error:
        if inner := _folders_of_models(folder):
            name = as_one_line(str(inner[0]))
            raise ModelError(f"{folder}: expected a model folder, found one with models in it; name {name}") from None
        raise ModelError(f"{as_one_line(str(error))}; is it a model folder, copied whole?") from None


def require_format(path: Path, manifest: Mapping[str, Any], kind: str, formats: Collection[int]) -> int:
    """The number of the format that `manifest`, at `path`, names.

    Raises ModelError, with what to do, where it is not of this `kind` or not one of these `formats`.
    """
    number, found = manifest.get("format"), manifest.get("kind")
    if type(number) is int and number in formats and found == kind:
        return number
    first, last = min(formats), max(formats)
    wanted = f"a {kind} of format {first}" + f" to {last}" * (last > first)
    came = as_one_line(f"{repr(found)[:80]} of format {repr(number)[:80]}")
    if isinstance(found, str) and found in LOADED_BY and found != kind:
        do = f"load it in Python, by {LOADED_BY[found]}"
    elif found == kind and type(number) is int and number > last:
        do = f"a later release of textrnn wrote it: update this one ({__version__}), or train the model again"
    else:
        do = "load it with the release that made it, or train it again"
    raise ModelError(f"{path}: expected {wanted}, found {came}; {do}")


def _what_is(path: Path) -> str:
    if path.is_file():
        return "a file"
    return "a pipe or a device" if path.exists() else "none"


def _folders_of_models(folder: Path) -> list[Path]:
    """The folders in `folder` that are models, by their manifests' names."""
    if (folder / MANIFEST).exists():
        return []
    return sorted(path.parent for path in islice(folder.glob(f"*/{MANIFEST}"), 100))


def as_one_line(message: str) -> str:
    """A message with words of the folder in it as one line that a terminal shows as it is."""
    return "".join(c if c.isprintable() else " " for c in message)[:500]
