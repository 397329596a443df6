from __future__ import annotations

import resource
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.running.child_process import run_in_child
from textrnn.errors import OutOfMemoryError
from textrnn.machine.memory import is_out_of_memory, require_room_for_threads


@pytest.mark.parametrize(("megabytes", "code"), [(8, 7), (256, 0)])
def test_a_thread_is_not_begun_where_it_could_not_get_as_far_as_its_first_line(megabytes: int, code: int) -> None:
    """`Thread.start` would wait for that line for ever."""

    def work() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + (megabytes << 20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        try:
            require_room_for_threads(2)
        except OutOfMemoryError:
            return 7
        return 0

    assert run_in_child(work) == (code, 0)


def test_an_arrow_thread_that_cannot_begin_is_out_of_memory_under_a_limit_alone() -> None:
    error = pa.ArrowException("Unknown error: Failed to launch worker thread: Resource temporarily unavailable")
    assert not is_out_of_memory(error)

    def work() -> int:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))
        return 7 if is_out_of_memory(error) else 0

    assert run_in_child(work) == (7, 0)
