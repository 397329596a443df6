"""A disk that dies or fails at its k-th call: the calls of `os` below one folder, wrapped for a while."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CALLS = ("open", "write", "fsync", "replace", "rename", "mkdir", "unlink", "rmdir")
FREEING = ("unlink", "rmdir")
DIED = 87  # the exit code of a child that died on purpose
DEATHS = ("kill", "half", "cut")
FAILURES = ("ENOSPC once", "ENOSPC for good", "EIO once", "EIO for good", "short once", "short for good")


class Disk:
    """Counts the calls that change what stands below `root`, and lets `before` act ahead of each.

    `before(number, name)`, from 0, may raise, end the process, or give the number of bytes that a write takes.
    """

    def __init__(self, root: Path, before: Callable[[int, str], int | None] = lambda *_: None) -> None:
        self.root = os.path.realpath(root)
        self.before = before
        self.names: list[str] = []  # of the calls so far
        self._real = {name: getattr(os, name) for name in (*CALLS, "close")}
        self._paths: dict[int, str] = {}  # of open descriptors
        self._dirty: set[str] = set()  # files with bytes that were not synced
        self._moves: list[tuple[str, str, bytes | None]] = []  # renames whose folder was not synced

    def watch(self) -> None:
        """See the calls of this process from now on."""
        wrappers = {
            "open": self._open,
            "write": self._write,
            "fsync": self._fsync,
            "close": self._close,
            "replace": self._move("replace"),
            "rename": self._move("rename"),
            "mkdir": self._plain("mkdir"),
            "unlink": self._plain("unlink"),
            "rmdir": self._plain("rmdir"),
        }
        for name, wrapper in wrappers.items():
            setattr(os, name, wrapper)

    @contextlib.contextmanager
    def watched(self) -> Iterator[Disk]:
        """See the calls of this process within the block."""
        self.watch()
        try:
            yield self
        finally:
            for name, real in self._real.items():
                setattr(os, name, real)

    def cut_power(self) -> None:
        """Take back what was not synced: half of such a file's bytes, and every rename."""
        for path in self._dirty:
            with contextlib.suppress(OSError):
                os.truncate(path, os.stat(path).st_size // 2)
        for source, target, covered in reversed(self._moves):
            with contextlib.suppress(OSError):
                self._real["rename"](target, source)
                if covered is not None:
                    Path(target).write_bytes(covered)

    def _met(self, name: str, path: object = None) -> int | None:
        self.names.append(name)
        try:
            return self.before(len(self.names) - 1, name)
        except OSError as error:
            if path is None:
                raise
            raise OSError(error.errno, error.strerror, path) from None  # as the real call names it

    def _path_of(self, path: Any, dir_fd: int | None = None) -> str | None:
        """The whole path, where it is below the root."""
        if isinstance(path, int):
            return self._paths.get(path)
        found = os.fsdecode(path)
        if dir_fd is not None:
            found = os.path.join(self._paths.get(dir_fd, "/elsewhere"), found)
        found = os.path.abspath(found)
        return found if found == self.root or found.startswith(self.root + os.sep) else None

    def _open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        inside = self._path_of(path, dir_fd)
        if inside:
            self._met("open", path)
        descriptor: int = self._real["open"](path, flags, mode, dir_fd=dir_fd)
        if inside:
            self._paths[descriptor] = inside
        return descriptor

    def _close(self, descriptor: int) -> None:
        self._paths.pop(descriptor, None)
        self._real["close"](descriptor)

    def _write(self, descriptor: int, data: Any) -> int:
        path = self._paths.get(descriptor)
        if path:
            taken = self._met("write")
            self._dirty.add(path)
            data = data if taken is None else bytes(data)[:taken]
        written: int = self._real["write"](descriptor, data)
        return written

    def _fsync(self, descriptor: int) -> None:
        path = self._paths.get(descriptor)
        if path:
            self._met("fsync")
        self._real["fsync"](descriptor)
        if path:
            self._dirty.discard(path)
            self._moves = [move for move in self._moves if os.path.dirname(move[1]) != path]

    def _move(self, name: str) -> Callable[..., None]:
        def move(source: Any, target: Any) -> None:
            old, new = self._path_of(source), self._path_of(target)
            covered = None
            if old and new:
                self._met(name, source)
                covered = Path(new).read_bytes() if os.path.isfile(new) else None
            self._real[name](source, target)
            if old and new:
                self._dirty = {new + path.removeprefix(old) if _below(path, old) else path for path in self._dirty}
                self._moves.append((old, new, covered))

        return move

    def _plain(self, name: str) -> Callable[..., None]:
        def call(path: Any, *arguments: Any, dir_fd: int | None = None) -> None:
            if self._path_of(path, dir_fd):
                self._met(name, path)
            self._real[name](path, *arguments, dir_fd=dir_fd)

        return call


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def count_calls(root: Path, act: Callable[[], object]) -> list[str]:
    """The names of the calls that `act` makes below `root`."""
    with Disk(root).watched() as disk:
        act()
    return disk.names


def die_at(root: Path, act: Callable[[], object], number: int, death: str) -> None:
    """Do `act` in a process of its own that dies at call `number`: killed, half way through a write, by a power cut.

    The number after the last is a power cut when all is done.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            disk = Disk(root)

            def before(met: int, name: str) -> int | None:
                if death == "half" and met == number + 1:
                    os._exit(DIED)
                if met == number:
                    if death == "half" and name == "write":
                        return 3
                    if death == "cut":
                        disk.cut_power()
                    os._exit(DIED)
                return None

            disk.before = before
            with disk.watched():
                act()
            if number == len(disk.names):
                disk.cut_power()
            # what is done may die too, and a short write may have been the last call
            code = DIED if death == "half" or number == len(disk.names) else 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DIED, f"call {number} was not met"


def failing(root: Path, number: int, failure: str) -> Disk:
    """A disk whose call `number` fails in one of the ways of FAILURES."""
    kind, _, how_long = failure.partition(" ")
    armed = [True]

    def before(met: int, name: str) -> int | None:
        if met < number or (how_long == "once" and not armed[0]):
            return None
        if kind == "short":
            if not armed[0]:  # what a full disk does after the bytes for which there was room
                return _refuse(errno.ENOSPC, name)
            if name != "write":
                return None
            armed[0] = False
            return 3
        armed[0] = False
        return _refuse(getattr(errno, kind), name)

    return Disk(root, before)


def _refuse(number: int, name: str) -> None:
    if number == errno.ENOSPC and name in FREEING:
        return  # a full disk lets go of files
    raise OSError(number, os.strerror(number))
