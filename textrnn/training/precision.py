"""Number formats while training: bfloat16 where it pays, no subnormals on any thread.

Gradients that fade over hundreds of steps become subnormal floats, which cost ten times a normal
one. Flushing them is a register of each thread, and a thread pool that exists already keeps its
own. A new thread has a pool of its own (OpenMP starts one a calling thread) whose workers inherit
the register: so the work is run on a new thread, and the caller's threads stay as they were.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass
from typing import TypeVar

import torch

from textrnn.machine.fork import require_same_process
from textrnn.machine.hardware import ResolvedDevice, ResolvedPrecision
from textrnn.machine.threads import start_pool

T = TypeVar("T")


def run_flushed(work: Callable[[threading.Event], T]) -> T:
    """The result of `work(stop)`, computed on a new thread on which subnormals are zero.

    An exception raised here while waiting (Ctrl-C) sets `stop`, waits for `work` to end, and goes on.
    """
    stop = threading.Event()
    with start_pool(1, lambda: torch.set_flush_denormal(True), "textrnn-training") as pool:
        try:
            future = pool.submit(work, stop)
            while not future.done():
                require_same_process(pool.process, "training")
                wait([future], timeout=0.05)  # in short waits, so that signal handlers run
        except BaseException:
            stop.set()  # the end of the pool waits for what has begun
            raise
    return future.result()


@dataclass
class _Switch:
    """cuDNN's short cut, as it was before the first of the trainings that go on."""

    trainings: int = 0
    before: bool = False


_switch, _lock = _Switch(), threading.Lock()


@contextlib.contextmanager
def full_float32(device: ResolvedDevice) -> Iterator[None]:
    """While the block lasts, on a GPU, float32 is what it says: cuDNN multiplies it with 10 of its 23 bits unless it is
    told not to, and a recurrence gains no time by that.

    The switch is the whole process's: the first of several trainings turns it off, the last puts it back. Where
    somebody has used torch's newer switches, one for each operator, theirs stay.
    """
    if device != "cuda":
        yield
        return
    with _lock:
        if not _switch.trainings:
            with contextlib.suppress(RuntimeError):  # the two kinds of switches differ
                _switch.before = torch.backends.cudnn.allow_tf32
        if _switch.before:
            torch.backends.cudnn.allow_tf32 = False
        _switch.trainings += 1
    try:
        yield
    finally:
        with _lock:
            _switch.trainings -= 1
            if _switch.before and not _switch.trainings:
                torch.backends.cudnn.allow_tf32, _switch.before = True, False


def count_subnormals(cells: int = 1 << 20) -> int:
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
