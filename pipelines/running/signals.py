"""The signals that ask a process to stop, as one exception: raised once, in the main thread."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

from textrnn.errors import Interrupted

STOP_SECONDS = 5.0  # seconds that stopping may take before a further signal raises again


_heard: list[int] = []  # the signal that raised Interrupted, while its block lasts


def received_signal() -> int | None:
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
        if told and time.monotonic() - told < STOP_SECONDS:
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
