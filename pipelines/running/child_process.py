"""Work in a child process: a death in native code becomes an exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from textrnn.storage.disk import remove_unfinished_files


def run_in_child(work: Callable[[], int]) -> tuple[int, int]:
    """`work()` in a child: its exit code, and the signal it died by (0 for none).

    For work that may die in native code, where no exception comes: the files that it had begun are removed.
    SIGINT and SIGTERM are passed on (after a Ctrl-C of the terminal the child hears it twice). Posix only; call it
    before any thread is started.
    """
    with remove_unfinished_files():
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
