"""SIGINT and SIGTERM as one exception, raised once, in the main thread; and a death in native code as an exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from textrnn.errors import Interrupted
from textrnn.storage.disk import removing_unfinished

PATIENCE = 5.0  # seconds that stopping may take before a further signal raises again


_heard: list[int] = []  # the signal that raised Interrupted, while its block lasts


def heard() -> int | None:
    """The signal that asked this process to stop, within `interruptible`.

    For whoever catches an error: a library that meets Interrupted inside a call from C may put one of its own in its
    place.
    """
    return _heard[0] if _heard else None


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Within the block the first SIGINT or SIGTERM raises Interrupted; later ones only say so.

    What is being cleaned up (a checkpoint written, a lock let go) is not interrupted again, unless it takes
    longer than five seconds: then something swallowed the first (Python drops what a finalizer raises).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told = 0.0

    def handle(signum: int, _: FrameType | None) -> None:
        nonlocal told
        if told and time.monotonic() - told < PATIENCE:
            with contextlib.suppress(OSError):
                os.write(2, b"already stopping\n")  # a print may be what it came into the middle of
            return
        told = time.monotonic()
        _heard[:] = [signum]
        raise Interrupted("interrupted", signum)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _heard.clear()


def outliving(work: Callable[[], int]) -> tuple[int, int]:
    """`work()` in a child: its exit code, and the signal it died by (0 for none).

    For work that may die in native code, where no exception comes: the files that it had begun are removed.
    SIGINT and SIGTERM are passed on (after a Ctrl-C of the terminal the child hears it twice). Posix only; call it
    before any thread is started.
    """
    with removing_unfinished():
        return _outlived(work)


def _outlived(work: Callable[[], int]) -> tuple[int, int]:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = work()
        finally:
            os._exit(code)
    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number)),
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, _: os.kill(child, number)),
    }
    try:
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if os.WIFSIGNALED(status):
        return 1, os.WTERMSIG(status)
    return os.WEXITSTATUS(status), 0
