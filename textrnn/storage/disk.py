"""The calls that change the disk: every byte that is written or synced, every folder made, goes through here."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_notes: list[BinaryIO] = []  # where the names of unfinished files are noted, while somebody watches


class _Output(io.RawIOBase):
    """A new file to write to, each write one `os.write`.

    It shows no descriptor: numpy would write past it with C's stdio, and not see that the last bytes of an
    array found no room.
    """

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, _CREATE, 0o666)

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        written = os.write(self.descriptor, data)  # type: ignore[arg-type]  # any buffer
        if written == 0 and memoryview(data).nbytes:  # type: ignore[arg-type]
            raise OSError(errno.EIO, "no bytes were written, and the system gave no reason")
        return written

    def close(self) -> None:
        if not self.closed:
            try:
                os.close(self.descriptor)
            finally:
                super().close()


@contextlib.contextmanager
def open_atomic(path: Path) -> Iterator[BinaryIO]:
    """A binary file that becomes `path` when the block ends, whole and synced, or not at all.

    Where a link stands there the file that it leads to is written. Raises OSError that names `path` where the disk
    fails.
    """
    if path.is_symlink():
        path = resolve_links(path)
    # no process id: containers that share a folder have equal ones, and so have threads
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    with name_path_in_errors(path):
        make_folder(path.parent)
        for notes in _notes:
            os.write(notes.fileno(), os.fsencode(temporary.absolute()) + b"\0")
        raw = _Output(temporary)
    try:
        file = _Named(raw, path)
        yield file
        with name_path_in_errors(path):
            file.flush()
            os.fsync(raw.descriptor)
            file.close()
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            raw.close()  # first, so that nothing that waits is written any more
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def resolve_links(path: Path) -> Path:
    """Where the link `path` leads to, through any number of others; nothing need be there. Raises OSError."""
    with name_path_in_errors(path):
        try:
            return Path(os.path.realpath(path, strict=True))
        except FileNotFoundError:
            return Path(os.path.realpath(path))


@contextlib.contextmanager
def remove_unfinished_files() -> Iterator[None]:
    """After the block remove what `open_atomic` began in a forked child that died before it could do so itself."""
    with tempfile.TemporaryFile() as notes:
        _notes.append(notes)
        try:
            yield
        finally:
            _notes.remove(notes)
            notes.seek(0)
            for name in notes.read().split(b"\0")[:-1]:
                with contextlib.suppress(OSError):
                    os.unlink(name)


class _Named(io.BufferedWriter):
    """A buffer before an output, whose errors name the file."""

    def __init__(self, raw: _Output, path: Path) -> None:
        super().__init__(raw)
        self._path = path

    def write(self, data: object) -> int:
        with name_path_in_errors(self._path):
            return super().write(data)  # type: ignore[arg-type]  # any buffer


@contextlib.contextmanager
def name_path_in_errors(path: Path) -> Iterator[None]:
    """Within the block an OSError names `path`, and not a temporary file or nothing."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def make_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it, each name durable. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def probe_folder(folder: Path) -> None:
    """Make an empty file in `folder` and remove it. Raises OSError where that cannot be done."""
    trial = folder / f".trial.{os.urandom(6).hex()}.tmp"
    with name_path_in_errors(folder):
        os.close(os.open(trial, _CREATE, 0o666))
        trial.unlink()


def remove_file(path: Path) -> None:
    """Remove a file. Raises OSError that names it."""
    with name_path_in_errors(path):
        path.unlink()


def remove_folder(folder: Path) -> None:
    """Remove `folder` where nothing is in it, durably. Raises OSError."""
    with name_path_in_errors(folder):
        try:
            folder.rmdir()
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` durable, where the system can (Windows cannot open a folder)."""
    if os.name != "posix":
        return
    with name_path_in_errors(folder):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make every name below `folder` durable; the files themselves were synced when they were written."""
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_folder(path)
    sync_folder(folder)
