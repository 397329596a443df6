"""The pool of threads: tasks in order, nothing left behind, and on glibc all in the main thread's memory."""

from __future__ import annotations

import itertools
import platform
import subprocess
import sys
import threading
import time

import pytest

from textrnn.machine import threads
from textrnn.machine.threads import start_pool


def nothing() -> None: ...


def test_tasks_are_taken_in_order_and_their_results_come_back() -> None:
    taken: list[int] = []
    with start_pool(1, nothing, "one") as pool:
        futures = [pool.submit(lambda i: taken.append(i) or i * i, i) for i in range(20)]
        assert [future.result(20) for future in futures] == [i * i for i in range(20)]
    assert taken == list(range(20))


def test_as_many_run_at_once_as_there_are_threads_each_begun_once() -> None:
    begun: list[str] = []
    met = threading.Barrier(3, timeout=20)

    def meet() -> str:
        met.wait()
        return threading.current_thread().name

    with start_pool(3, lambda: begun.append(threading.current_thread().name), "at-once") as pool:
        served = {future.result(20) for future in [pool.submit(meet) for _ in range(3)]}
    assert len(served) == 3
    assert len(set(begun)) == len(begun)  # spare threads, which end unused, among them
    assert served <= set(begun)


def test_an_error_is_its_tasks_own() -> None:
    def fail() -> None:
        raise KeyError("mine")

    with start_pool(2, nothing, "fails") as pool:
        bad, good = pool.submit(fail), pool.submit(abs, -1)
        with pytest.raises(KeyError, match="mine"):
            bad.result(20)
        assert good.result(20) == 1


def test_what_has_not_begun_can_be_cancelled_and_the_end_waits_for_the_rest() -> None:
    done: list[int] = []
    go = threading.Event()
    with start_pool(1, nothing, "waits") as pool:
        pool.submit(go.wait, 20)
        never = pool.submit(done.append, 1)
        pool.submit(lambda: (time.sleep(0.05), done.append(2)))
        assert never.cancel()
        go.set()
    assert done == [2]


@pytest.mark.parametrize("raised_by", ["begin", "the block"])
def test_whatever_is_raised_no_thread_is_left(raised_by: str) -> None:
    before = threading.active_count()

    def begin() -> None:
        if raised_by == "begin":
            raise RuntimeError(raised_by)

    with pytest.raises(RuntimeError, match=raised_by), start_pool(3, begin, "left"):
        raise RuntimeError("the block")
    deadline = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


PLACES = """
import threading
from textrnn.machine.heap import keep_freed_memory, on_main_arena
from textrnn.machine.threads import start_pool

go = threading.Barrier(6)  # as other libraries do: threads at once, each of which is given an arena
others = [threading.Thread(target=lambda: (go.wait(), bytearray(1 << 20))) for _ in range(5)]
for thread in others: thread.start()
go.wait()
for thread in others: thread.join()
keep_freed_memory(one_arena={asked})
plain = []
thread = threading.Thread(target=lambda: plain.append(on_main_arena()))
thread.start(); thread.join()
met = threading.Barrier(4)
with start_pool(4, lambda: None, "seeks") as pool:
    found = [future.result() for future in [pool.submit(lambda: (met.wait(), on_main_arena())[1]) for _ in range(4)]]
print(on_main_arena(), plain[0], all(found))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="arenas are glibc's")
@pytest.mark.parametrize("asked", [True, False])
def test_threads_share_the_main_threads_memory_where_that_was_requested(asked: bool) -> None:
    command = [sys.executable, "-c", PLACES.format(asked=asked)]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split()
    # a plain thread takes over an arena that another left behind; that is what the pool is for
    assert found == ["True", "False", str(asked)]


def test_threads_started_in_vain_are_gone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those whose memory was in the wrong place: one in two here."""
    places = itertools.cycle([False, True])
    monkeypatch.setattr(threads, "uses_one_arena", lambda: True)
    monkeypatch.setattr(threads, "on_main_arena", lambda: next(places))
    seen = []
    for _ in range(100):
        with start_pool(3, lambda: None, "in-vain"):
            seen += [thread for thread in threading.enumerate() if thread.name.startswith("in-vain")]
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("in-vain")]
    assert len(seen) == 300
