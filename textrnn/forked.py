"""What a forked process must not wait for: threads are not copied, and whoever waits for one of them waits for ever."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field

from textrnn.errors import TextrnnError

RAYON = "TOKENIZERS_PARALLELISM"  # the one switch of the threads of `tokenizers`


@dataclass
class _Guard:
    """Held from before a fork to after it; `switch` is what the environment said before."""

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
            f"{what}: expected the process that began it, found a fork of it, in which its threads are not there; "
            "begin anew in the forked process"
        )


def _before() -> None:
    _guard.lock.acquire()
    if "tokenizers" in sys.modules:
        _guard.switch = os.environ.get(RAYON)
        os.environ[RAYON] = "false"


def _after_in_parent() -> None:
    if "tokenizers" in sys.modules:
        if _guard.switch is None:
            os.environ.pop(RAYON, None)
        else:
            os.environ[RAYON] = _guard.switch
    _guard.lock.release()


def _after_in_child() -> None:
    _guard.lock.release()
    set_threads = getattr(sys.modules.get("torch"), "set_num_threads", None)  # a torch half imported has none yet
    if set_threads is not None:
        set_threads(1)
