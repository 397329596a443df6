"""Memory that is refused: how much a process may use, and which errors mean that it was too little."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import re
import sys

from textrnn.errors import OutOfMemoryError

# below this much address space the allocators of Arrow and OpenBLAS hang or die while they are imported
LIBRARIES_NEED = 512 << 20
NON_MAIN_ARENA = 4  # the flag beside the size that stands before each block (malloc/malloc.c of glibc)
THREAD_NEEDS = 32 << 20  # its stack, and what Python and torch take with it
# how torch, oneDNN, the loader of shared objects, Python's threads and Rust's say it, in errors of no type of their own
MEMORY_WORDS = (
    r"(?i)allocate memory|out of memory|bad_alloc|failed to map segment|can't start new thread"
    r"|could not create a memory|ThreadPoolBuildError"
)
# oneDNN gives its status, but not in words; Arrow's own threads fail for other reasons too
UNDER_A_LIMIT = r"could not (create|execute) a primitive|Failed to launch worker thread"
UNTYPED = ("PanicException", "ArrowException")  # by name: neither library need be there

_one_arena = False


def address_space() -> int | None:
    """The bytes of address space that this process may use (`ulimit -v`), or None where there is no limit."""
    if sys.platform == "win32":
        return None
    import resource  # not on Windows

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def keep_freed_memory(*, one_arena: bool = False) -> None:
    """Tell glibc to keep large freed blocks: a third of a training step went into mapping them anew.

    With `one_arena` threads that start later share the main thread's memory: their own arenas hold no
    block over 64 MB. That is for whoever trains; the threads of `tokenizers` are faster apart.
    For the whole process, and for good; elsewhere than on Linux nothing is done.
    """
    global _one_arena  # as it is one for the allocator
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, (1 << 31) - 1)  # M_TRIM_THRESHOLD
        if one_arena:
            libc.mallopt(-8, 1)  # M_ARENA_MAX
            _one_arena = True


def one_arena_wanted() -> bool:
    """Whether `keep_freed_memory` was asked for one arena in this process, and glibc heard it."""
    return _one_arena


def on_main_arena() -> bool:
    """Whether the calling thread takes its memory from glibc's main arena; only where `one_arena_wanted`."""
    libc = ctypes.CDLL("libc.so.6")
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    block = libc.malloc(ctypes.c_size_t(1 << 12))
    if not block:
        return True
    size_and_flags = ctypes.c_size_t.from_address(block - ctypes.sizeof(ctypes.c_size_t)).value
    libc.free(block)
    return not size_and_flags & NON_MAIN_ARENA


def require_address_space() -> None:
    """Raise OutOfMemoryError where the libraries cannot even be imported; some of them would hang."""
    limit = address_space()
    if limit is not None and limit < LIBRARIES_NEED:
        raise OutOfMemoryError(
            f"out of memory: expected at least {LIBRARIES_NEED >> 20} MiB of address space for the libraries, found a "
            f"limit of {limit >> 20} MiB; raise it (`ulimit -v`)"
        )


def require_room_for_threads(count: int = 1) -> None:
    """Raise OutOfMemoryError where `count` threads could begin and then not get as far as their first line.

    `Thread.start` waits for that line, and would wait for ever.
    """
    limit = address_space()
    if limit is None:
        return
    try:
        mmap.mmap(-1, count * THREAD_NEEDS).close()
    except OSError as error:
        raise OutOfMemoryError(
            f"out of memory: no room for {count} more thread{'s' * (count > 1)} under a limit of {limit >> 20} MiB; "
            "raise it (`ulimit -v`), or take fewer texts"
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error`, or one that it comes from, is a failed allocation, whichever library says so.

    >>> is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory")), is_out_of_memory(ValueError())
    (True, False)
    """
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        if isinstance(found, MemoryError) or (isinstance(found, OSError) and found.errno == errno.ENOMEM):
            return True
        untyped = isinstance(found, (RuntimeError, ImportError, SystemError)) or type(found).__name__ in UNTYPED
        if untyped and re.search(MEMORY_WORDS, str(found)):
            return True
        if untyped and address_space() is not None and re.search(UNDER_A_LIMIT, str(found)):
            return True
        found = found.__cause__ or found.__context__
    return False
