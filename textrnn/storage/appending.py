"""Appending to a file line by line from several processes."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from textrnn.storage.disk import make_folder, name_path_in_errors

_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
OWN = 0o600  # only who runs this may read it


class AppendedFile:
    """Lines at the end of a file that only its owner may read, unless it was there with other permissions.

    A process that is killed, or a disk that is full, leaves at most the last line cut off; what comes after begins a
    line of its own. Who moves the file away finds another in its place after the next line.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, and make its folder. Raises OSError."""
        self.path = path
        self._descriptor, self._ends_a_line = -1, True
        self._open()

    def append(self, lines: bytes) -> None:
        """Write whole `lines`, each with its end, at once. Raises OSError, and nothing or a part is written."""
        with name_path_in_errors(self.path):
            if self._is_elsewhere():
                self.close()
                self._open()
            start = b"" if self._ends_a_line else b"\n"
            rest = memoryview(start + lines)
            while rest:
                written = os.write(self._descriptor, rest)
                self._ends_a_line = written == len(rest)
                rest = rest[written:]

    def close(self) -> None:
        """Let what was written reach the disk, and close the file. Raises OSError."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _open(self) -> None:
        make_folder(self.path.parent)
        with name_path_in_errors(self.path):
            descriptor = os.open(self.path, _APPEND, OWN)
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                os.close(descriptor)
                raise OSError(errno.EINVAL, "it is no file")
        self._descriptor = descriptor
        self._ends_a_line = about.st_size == 0 or self._last_byte(about.st_size) == b"\n"

    def _last_byte(self, size: int) -> bytes:
        with open(self.path, "rb") as file:
            file.seek(size - 1)
            return file.read(1)

    def _is_elsewhere(self) -> bool:
        if self._descriptor < 0:
            return True
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return True
        own = os.fstat(self._descriptor)
        return (found.st_ino, found.st_dev) != (own.st_ino, own.st_dev)
