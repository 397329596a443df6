"""What glibc does with freed memory: kept for the next step of training, given back where that comes to much."""

from __future__ import annotations

import contextlib
import ctypes
import math
import mmap
import sys
import time
from pathlib import Path

NON_MAIN_ARENA = 4  # the flag beside the size that stands before each block (malloc/malloc.c of glibc)
MAX_FREED_BYTES = 2 << 30  # bytes
TRIM_INTERVAL = 100  # times as long from one giving back to the next as it takes

_kept = _one_arena = False


def keep_freed_memory(*, one_arena: bool = False) -> None:
    """Tell glibc to keep large freed blocks: a third of a training step went into mapping them anew.

    With `one_arena` threads that start later share the main thread's memory: their own arenas hold no
    block over 64 MB. That is for whoever trains; the threads of `tokenizers` are faster apart.
    For the whole process, and for good; elsewhere than on Linux nothing is done.
    """
    global _kept, _one_arena  # as they are one for the allocator
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD
        _kept = True
        if one_arena:
            libc.mallopt(-8, 1)  # M_ARENA_MAX
            _one_arena = True


def uses_one_arena() -> bool:
    """Whether `keep_freed_memory` was called for one arena in this process, and glibc accepted it."""
    return _one_arena


def on_main_arena() -> bool:
    """Whether the calling thread takes its memory from glibc's main arena; only where `uses_one_arena`."""
    libc = ctypes.CDLL("libc.so.6")
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    block = libc.malloc(ctypes.c_size_t(1 << 12))
    if not block:
        return True
    size_and_flags = ctypes.c_size_t.from_address(block - ctypes.sizeof(ctypes.c_size_t)).value
    libc.free(block)
    return not size_and_flags & NON_MAIN_ARENA


class FreedMemory:
    """Gives back what glibc has kept, where this process holds `much` bytes; to be told of each step.

    Batches of other lengths ask for blocks of other sizes, and what is kept for one fits no other: 256 units a
    direction held 8 GB in twenty minutes, of which a step needs one. Giving back takes a hundredth of the time at most.
    """

    def __init__(self, much: int = MAX_FREED_BYTES) -> None:
        self.much = much
        self._given, self._took = -math.inf, 0.0

    def after_step(self) -> int:
        """Give back, where there is cause to; returns how many bytes."""
        begun = time.monotonic()
        if not _kept or begun - self._given < TRIM_INTERVAL * self._took or (held := resident_bytes()) < self.much:
            return 0
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        self._given = time.monotonic()
        self._took = self._given - begun
        return held - resident_bytes()


def resident_bytes() -> int:
    """The bytes of memory that this process holds, mapped files left out, from Linux's /proc; 0 elsewhere."""
    try:
        _, resident, shared, *_ = map(int, Path("/proc/self/statm").read_text(encoding="ascii").split())
    except OSError:
        return 0
    return (resident - shared) * mmap.PAGESIZE
