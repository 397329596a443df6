"""Safe use after fork: which threads a forked process must not wait for."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from textrnn.errors import TextrnnError

TOKENIZERS_VARIABLE = "TOKENIZERS_PARALLELISM"  # the one switch of the threads of `tokenizers`
TASKS_FOLDER = Path("/proc/self/task")  # the threads of this process, where the system is Linux
MAX_WAIT_SECONDS = 0.05  # seconds, for threads that end


@dataclass
class _Guard:
    """Held from before a fork to after it; `switch` is the value of the environment before."""

    on: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)
    switch: str | None = None


_guard = _Guard()


def guard_forks() -> None:
    """From now on a process that is forked from this one computes on one thread, in `torch` and in `tokenizers`.

    OpenMP's pool belongs to a thread that the child has as well, but without the helpers: the first product of some
    size would wait for them. On one thread nobody asks for helpers (PyTorch's own data loaders do the same), and what a
    new thread starts is whole. `tokenizers` turns its pool off in a child, and says so on standard error, unless the
    environment has done it: so it does, in the child for good. Called where those libraries are imported.
    """
    if not _guard.on and hasattr(os, "register_at_fork"):
        _guard.on = True
        os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)


def require_same_process(process: int, what: str) -> None:
    """Raises TextrnnError where the threads that serve `what` are those of another `process`, which was forked."""
    if process != os.getpid():
        raise TextrnnError(
            f"{what}: expected the process that started it, found a fork, which does not have its threads; "
            "start again in the forked process"
        )


def _before() -> None:
    _guard.lock.acquire()
    if "torch" in sys.modules and TASKS_FOLDER.is_dir():
        _wait_for_ending_threads()
    if "tokenizers" in sys.modules:
        _guard.switch = os.environ.get(TOKENIZERS_VARIABLE)
        os.environ[TOKENIZERS_VARIABLE] = "false"


def _wait_for_ending_threads() -> None:
    """Waits until threads that Python has joined are gone from the system as well.

    A thread that ends gives back its buffers to MKL, which holds its locks meanwhile, and so do OpenMP's helpers that
    end with it. A child that was forked in between would wait for those locks for ever. A thread that ends is at work
    and no thread of Python any more; two equal looks in a row that find all such threads asleep are enough.
    """
    of_python = {thread.native_id for thread in threading.enumerate()}
    before, end = None, time.monotonic() + MAX_WAIT_SECONDS
    while time.monotonic() < end:
        states = {task: _state_of(task) for task in os.listdir(TASKS_FOLDER) if int(task) not in of_python}
        if states == before and all(state in ("S", "") for state in states.values()):
            return
        before = states
        time.sleep(0.0005)


def _state_of(task: str) -> str:
    """The letter of proc(5) for a thread: "S" where it is asleep, "" where it is gone."""
    try:
        return (TASKS_FOLDER / task / "stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return ""


def _after_in_parent() -> None:
    if "tokenizers" in sys.modules:
        if _guard.switch is None:
            os.environ.pop(TOKENIZERS_VARIABLE, None)
        else:
            os.environ[TOKENIZERS_VARIABLE] = _guard.switch
    _guard.lock.release()


def _after_in_child() -> None:
    _guard.lock.release()
    set_threads = getattr(sys.modules.get("torch"), "set_num_threads", None)  # a torch half imported has none yet
    if set_threads is not None:
        set_threads(1)
