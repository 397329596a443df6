"""Number formats while training: bfloat16 where it pays, and no subnormals on any thread.

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
from typing import TypeVar

import torch

from textrnn.hardware import ResolvedDevice, ResolvedPrecision
from textrnn.threads import start_pool

T = TypeVar("T")


def run_flushed(work: Callable[[threading.Event], T]) -> T:
    """The result of `work(stop)`, computed on a new thread on which subnormals are zero, and float32 is what it says.

    An exception raised here while waiting (Ctrl-C) sets `stop`, waits for `work` to end, and goes on.
    """
    stop = threading.Event()
    with _whole_float32(), start_pool(1, lambda: torch.set_flush_denormal(True), "textrnn-training") as pool:
        try:
            future = pool.submit(work, stop)
            while not future.done():
                wait([future], timeout=0.05)  # in short waits, so that signal handlers run
        except BaseException:
            stop.set()  # the end of the pool waits for what has begun
            raise
    return future.result()


@contextlib.contextmanager
def _whole_float32() -> Iterator[None]:
    """CuDNN multiplies float32 with 10 of its 23 bits unless it is told not to; a recurrence gains no time by it."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before


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
