"""The bytes of files, counted as they are read, to be known again another time."""

from __future__ import annotations

import hashlib
import io
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

_BUFFER = 1 << 16
_BETWEEN = b"\0next file\0"

Mark = tuple[int, str]  # bytes read so far, and their SHA-256


class ReadDigest:
    """Counts and digests what is read of one file after another."""

    def __init__(self) -> None:
        self.size = 0
        self._met: list[bool] = []  # of the expected marks that were reached
        self._digest = hashlib.sha256()
        self._expected: deque[Mark] = deque()

    def mark(self) -> Mark:
        """What was read so far; a file that begins with the same bytes has the same mark there."""
        return self.size, self._digest.hexdigest()

    def expect(self, marks: Iterable[Mark]) -> None:
        """Compare with `marks` of another time, in their order, as their sizes are reached."""
        self._expected.extend(marks)

    def agrees(self, count: int) -> bool:
        """Whether the first `count` of the marks that were expected have been reached, and were met."""
        return len(self._met) >= count and all(self._met[:count])

    def take(self, data: bytes | memoryview) -> None:
        """The next bytes."""
        view = memoryview(data)
        while self._expected and self._expected[0][0] <= self.size + len(view):
            size, digest = self._expected.popleft()
            part = max(0, size - self.size)
            self._feed(view[:part])
            view = view[part:]
            self._met.append((size, digest) == self.mark())
        self._feed(view)

    def take_file(self, path: Path) -> None:
        """A whole file, which is then read otherwise. Raises OSError."""
        with self.open_counted(path) as file:
            while file.read(_BUFFER):
                pass

    def open_counted(self, path: Path) -> BinaryIO:
        """The file, counted as it is read. Raises OSError."""
        if self.size:
            self.take(_BETWEEN)
        return io.BufferedReader(_Counted(path, self), _BUFFER)

    def _feed(self, data: memoryview) -> None:
        self._digest.update(data)
        self.size += len(data)


class _Counted(io.FileIO):
    """A file whose bytes are taken as they are read."""

    def __init__(self, path: Path, taken: ReadDigest) -> None:
        super().__init__(path, "rb")
        self._taken = taken

    def seekable(self) -> bool:
        return False

    def readinto(self, buffer: object) -> int:
        count: int = super().readinto(buffer) or 0  # type: ignore[arg-type]  # any buffer
        self._taken.take(memoryview(buffer)[:count])  # type: ignore[arg-type]
        return count
