"""Plain files of folders that others made: bounded before they are read, and named on one line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from textrnn.errors import DamagedError, ModelError
from textrnn.files import MANIFEST, read_manifest, restore_aside

MAX_TEXT_BYTES = 1 << 24


def is_plain(path: Path) -> bool:
    """Whether a file itself stands there: no link out of the folder, no pipe or device that would never end."""
    return path.is_file() and not path.is_symlink()


def read_bounded(path: Path, limit: int = MAX_TEXT_BYTES) -> bytes:
    """The bytes of a plain file of at most `limit` bytes. Raises ModelError."""
    if not is_plain(path):
        raise ModelError(f"{path}: expected a plain file, found something else; copy the model folder anew")
    try:
        if (size := path.stat().st_size) > limit:
            raise ModelError(f"{path}: expected at most {limit} bytes, found {size}; is it the file of a model?")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); may you read it?") from None


def read_sealed(folder: Path, maker: str) -> dict[str, Any]:
    """The manifest of a model folder, bounded, whatever it says; `maker` makes such folders. Raises ModelError."""
    # what is replaced behind a link stands where it leads to
    restore_aside(Path(os.path.realpath(folder)) if folder.is_symlink() else folder.absolute())
    if not folder.is_dir():
        raise ModelError(f"{folder}: expected a model folder, found none; {maker} makes one")
    if (path := folder / MANIFEST).is_symlink() or path.exists():
        read_bounded(path)  # no link out, no pipe, nothing endless
    try:
        return read_manifest(folder)
    except DamagedError as error:
        raise ModelError(f"{as_one_line(str(error))}; is it a model folder, copied whole?") from None


def as_one_line(message: str) -> str:
    """A message with words of the folder in it as one line that a terminal shows as it is."""
    return "".join(c if c.isprintable() else " " for c in message)[:500]
