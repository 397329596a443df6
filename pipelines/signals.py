"""SIGINT and SIGTERM as one exception, raised once, in the main thread."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from textrnn.errors import Interrupted


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Within the block the first SIGINT or SIGTERM raises Interrupted; later ones only say so.

    What is being cleaned up (a checkpoint written, a lock let go) is not interrupted again.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told = False

    def handle(signum: int, _: FrameType | None) -> None:
        nonlocal told
        if told:
            print("already stopping; finished stages and the checkpoint are kept", file=sys.stderr, flush=True)
            return
        told = True
        raise Interrupted("interrupted; finished stages are kept, and the next run goes on from here", signum)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
