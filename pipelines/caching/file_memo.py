"""Digests of files seen before, remembered by (size, mtime, inode): a hint, never part of a key.

A file written less than two seconds before it was read is not remembered: its clock may not tell
the next write apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textrnn.storage.files import digest_file, digest_json, read_json, write_json

MIN_AGE_NS = 2_000_000_000


class FileMemo:
    """Results of reading files, kept in one JSON file between runs.

    With `trust=False` nothing remembered is used, and everything is found anew.
    """

    def __init__(self, path: Path, *, trust: bool = True) -> None:
        self._path = path
        self._changed = False
        self._known: dict[str, Any] = {}
        if trust:
            self._known = _read_known(path)

    def recall(self, kind: str, path: Path, find: Callable[[Path], Any]) -> Any:
        """`find(path)`, plain JSON, or what it gave when the file was last seen as it is now."""
        status = path.stat()
        seen = [status.st_size, status.st_mtime_ns, status.st_ino]
        name = f"{kind}:{path}"
        entry = self._known.get(name)
        if isinstance(entry, list) and len(entry) == 2 and entry[0] == seen:
            return entry[1]
        found = find(path)
        if time.time_ns() - status.st_mtime_ns > MIN_AGE_NS:
            self._known[name] = [seen, found]
            self._changed = True
        return found

    def digest(self, path: Path) -> str:
        """The SHA-256 of the file at `path`."""
        return str(self.recall("digest", path, digest_file))

    def save(self) -> None:
        """Write what was newly found; losing it costs only time."""
        if self._changed:
            try:
                write_json(self._path, {"known": self._known, "sha256": digest_json(self._known)})
            except OSError:
                return
            self._changed = False


def _read_known(path: Path) -> dict[str, Any]:
    """What the file `path` remembers; nothing where any of it is not as it was written."""
    try:
        found = read_json(path)
        known = found["known"]
        return dict(known) if digest_json(known) == found["sha256"] else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
