"""Kernel locks with a name: one process at a time, while others are told who holds it."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from textrnn.errors import LockTimeoutError

if sys.platform != "win32":
    import fcntl


@contextlib.contextmanager
def exclusive_lock(path: Path, *, timeout: float, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the kernel lock `path` for the block; the kernel lets go of it when the process dies.

    `timeout` is in seconds; below 0 it waits for ever. `on_wait` is told once who holds the lock.
    Raises LockTimeoutError.
    """
    from filelock import FileLock, Timeout  # 20 ms; a run with nothing to do takes no lock

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    note = path.with_suffix(".holder")
    deadline = time.monotonic() + timeout
    told = False
    while True:
        try:
            lock.acquire(timeout=0.2)
            break
        except Timeout:
            holder = _holder(note)
            if not told and on_wait is not None:
                on_wait(f"waiting for {holder}, which holds {path.name}")
                told = True
            if timeout >= 0 and time.monotonic() > deadline:
                raise LockTimeoutError(
                    f"{path}: still held by {holder} after {timeout:g} s; wait for it, or raise --lock-timeout"
                ) from None
    try:
        with contextlib.suppress(OSError):
            note.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def shared_lock(path: Path, when_alone: Callable[[], None]) -> Iterator[None]:
    """Hold a share of the kernel lock `path` for the block; whoever then has it alone calls `when_alone` first.

    While that runs no other process gets a share. Where the system or the disk knows no such locks, nothing is
    called: nobody can tell who else is at work.
    """
    if sys.platform == "win32":
        yield
        return
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            stack.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                when_alone()
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def folder_lock(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the kernel lock of the folder itself for the block, against threads and processes that ask for it as well.

    It leaves no file. Where the system or the disk knows no such lock, nothing is held. Raises LockTimeoutError where
    another holds it, unless told to `wait`.
    """
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise LockTimeoutError(
                f"{folder}: another process is at work there; wait for it, or write elsewhere"
            ) from None
        except OSError:
            pass
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # also for a child that was forked meanwhile and has a copy
        os.close(descriptor)


def _holder(note: Path) -> str:
    try:
        return note.read_text(encoding="utf-8")
    except OSError:
        return "another process"
