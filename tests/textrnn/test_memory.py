from __future__ import annotations

import resource
from pathlib import Path

import pytest

from pipelines.signals import outliving
from textrnn.errors import OutOfMemoryError
from textrnn.memory import require_room_for_threads


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

    assert outliving(work) == (code, 0)
