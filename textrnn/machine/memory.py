"""Memory that is refused: before it is needed, by the limit; afterwards, by the error."""

from __future__ import annotations

import errno
import mmap
import re
import sys

from textrnn.errors import OutOfMemoryError

if sys.platform != "win32":
    import resource

# below this much address space the allocators of Arrow and OpenBLAS hang or die while they are imported
LIBRARIES_BYTES = 512 << 20
THREAD_BYTES = 32 << 20  # its stack, and what Python and torch take with it
# how torch, oneDNN, the loader of shared objects, Python's threads and Rust's say it, in errors of no type of their own
MEMORY_ERRORS = (
    r"(?i)allocate memory|out of memory|bad_alloc|failed to map segment|can't start new thread"
    r"|could not create a memory|ThreadPoolBuildError"
)
# oneDNN gives its status, but not in words; Arrow's own threads fail for other reasons too
LIMIT_ERRORS = r"could not (create|execute) a primitive|Failed to launch worker thread"
UNTYPED_ERRORS = ("PanicException", "ArrowException")  # by name: neither library need be there


def address_space() -> int | None:
    """The bytes of address space that this process may use (`ulimit -v`), or None where there is no limit."""
    if sys.platform == "win32":
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def require_address_space() -> None:
    """Raise OutOfMemoryError where the libraries cannot even be imported; some of them would hang."""
    limit = address_space()
    if limit is not None and limit < LIBRARIES_BYTES:
        raise OutOfMemoryError(
            f"out of memory: expected at least {LIBRARIES_BYTES >> 20} MiB of address space for the libraries, found a "
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
        mmap.mmap(-1, count * THREAD_BYTES).close()
    except OSError as error:
        raise OutOfMemoryError(
            f"out of memory: no room for {count} more thread{'s' * (count > 1)} under a limit of {limit >> 20} MiB; "
            "raise it (`ulimit -v`), or use fewer texts"
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
        untyped = isinstance(found, (RuntimeError, ImportError, SystemError)) or type(found).__name__ in UNTYPED_ERRORS
        if untyped and re.search(MEMORY_ERRORS, str(found)):
            return True
        if untyped and address_space() is not None and re.search(LIMIT_ERRORS, str(found)):
            return True
        found = found.__cause__ or found.__context__
    return False
