"""Number formats while training: bfloat16 where it pays, and no subnormals on any thread.

Gradients that fade over hundreds of steps become subnormal floats, which cost ten times a normal
one. Flushing them is a register of each thread, and a thread pool that exists already keeps its
own. A new thread has a pool of its own (OpenMP starts one a calling thread) whose workers inherit
the register: so the work is run on a new thread, and the caller's threads stay as they were.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

import torch

from textrnn.hardware import ResolvedDevice, ResolvedPrecision
from textrnn.memory import require_room_for_threads

T = TypeVar("T")


def run_flushed(work: Callable[[threading.Event], T]) -> T:
    """The result of `work(stop)`, computed on a new thread on which subnormals are zero.

    An exception raised here while waiting (Ctrl-C) sets `stop`, waits for `work` to end, and goes on.
    """
    stop, done = threading.Event(), threading.Event()
    results: list[T] = []
    errors: list[BaseException] = []

    def target() -> None:
        torch.set_flush_denormal(True)
        try:
            results.append(work(stop))
        except BaseException as error:
            errors.append(error)
        finally:
            done.set()

    require_room_for_threads()
    thread = threading.Thread(target=target, name="textrnn-training")
    try:
        thread.start()
        # an event, in short waits so that signal handlers run: a Thread.join that a signal interrupts
        # takes the thread for ended (Python 3.11 and 3.12), and nobody would wait for its checkpoint
        while not done.wait(0.05):
            pass
    except BaseException:
        stop.set()
        if thread.ident is not None:  # it was started
            done.wait()
        raise
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def subnormals_left(cells: int = 1 << 20) -> int:
    """How many of `cells` products that are subnormal come out other than zero, over all threads.

    0 proves that every thread of the calling thread's pool flushes; `cells` that none does.
    """
    small = torch.full((cells,), 1e-20)
    bits = (small * small).view(torch.int32)  # comparing the floats would flush them first
    return int(bits.count_nonzero())


def autocast(precision: ResolvedPrecision, device: ResolvedDevice) -> contextlib.AbstractContextManager[object]:
    """The context in which a training step's forward pass runs."""
    if precision == "bfloat16":
        return torch.autocast(device, torch.bfloat16)
    return contextlib.nullcontext()
