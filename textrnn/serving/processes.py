"""Several processes that share a port: the system gives each connection to one of them."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from types import FrameType

from textrnn.machine.hardware import thread_count

EARLY_SECONDS = 2.0  # seconds: who ends sooner cannot serve at all
MAX_EARLY_EXITS = 3
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_processes(count: int, serve: Callable[[int], int]) -> int:
    """Run `serve(number)` in `count` processes until SIGTERM or SIGINT, which they are sent; returns the exit code.

    One that dies is started again; where several die at once, soon after their start, all end. To be called before any
    thread is started. The processes share a folder in which Prometheus' library adds up what they count.
    """
    shared = tempfile.mkdtemp(prefix="textrnn-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
    try:
        return _Parent(count, serve).run()
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def share_cores(processes: int) -> None:
    """Let each of so many processes compute on its part of the cores, unless the environment says how many; to be
    called before numpy is imported.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, thread_count() // processes)))


class _Parent:
    """The processes that serve, by their numbers."""

    def __init__(self, count: int, serve: Callable[[int], int]) -> None:
        self._serve, self._count = serve, count
        self._running: dict[int, tuple[int, float]] = {}
        self._stopping = False
        self._early = 0

    def run(self) -> int:
        handlers = {number: signal.signal(number, self._stop) for number in SIGNALS}
        try:
            for number in range(self._count):
                self._start(number)
            return self._wait()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _start(self, number: int) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        process = os.fork()
        if process:
            self._running[process] = number, time.monotonic()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            return
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        code = 1
        try:
            code = self._serve(number)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _stop(self, number: int, _: FrameType | None) -> None:
        self._stopping = True
        for process in self._running:
            os.kill(process, signal.SIGTERM)

    def _wait(self) -> int:
        code = 0
        while self._running:
            process, status = os.waitpid(-1, 0)
            if process not in self._running:
                continue
            number, begun = self._running.pop(process)
            code = max(code, os.waitstatus_to_exitcode(status))
            if self._stopping:
                continue
            self._early = self._early + 1 if time.monotonic() - begun < EARLY_SECONDS else 0
            if self._early >= MAX_EARLY_EXITS or code in (2, 3):
                self._stop(signal.SIGTERM, None)
                code = code or 1
                continue
            print(f"process {process} ended ({os.waitstatus_to_exitcode(status)}): starting another", file=sys.stderr)
            self._start(number)
            code = 0
        return max(code, 0) if self._stopping else code
