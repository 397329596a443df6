"""A pool of threads that take their memory where the main thread does.

glibc gives threads arenas of their own, which hold no block over 64 MB: a training step on such a thread spends a
quarter of its time mapping memory anew. `heap.keep_freed_memory(one_arena=True)` lets it make no more of them, but a
new thread is still given one that other libraries' threads had before, in turn. So more threads than wanted are
started, and those in the wrong place end.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from textrnn.machine.fork import require_same_process
from textrnn.machine.heap import on_main_arena, uses_one_arena
from textrnn.machine.memory import address_space, require_room_for_threads

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
MAX_SPARE_THREADS = 64  # threads that are started in vain at most

_Task = Callable[[], None]
_Tasks = SimpleQueue[_Task | None]


@dataclass(frozen=True)
class ThreadPool:
    """Threads that take one task after another, in the order in which they were given."""

    tasks: _Tasks
    process: int = field(default_factory=os.getpid)

    def submit(self, function: Callable[..., T], *given: Any) -> Future[T]:
        """What becomes of `function(*given)` on one of the threads, unless it is cancelled before.

        Raises TextrnnError in a fork of the process, where nobody would do it.
        """
        from concurrent.futures import Future  # takes time

        require_same_process(self.process, "work for a pool of threads")
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                found = function(*given)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(found)

        self.tasks.put(run)
        return future


@contextlib.contextmanager
def start_pool(count: int, begin: Callable[[], object], name: str) -> Iterator[ThreadPool]:
    """`count` threads called `name` while the block lasts, each after `begin`; then all tasks are waited for.

    Raises OutOfMemoryError where there is no room for them, and what `begin` raises.
    """
    require_room_for_threads(count)
    tasks: _Tasks = SimpleQueue()
    threads: list[threading.Thread] = []
    try:
        _start(count, begin, name, tasks, threads)
        yield ThreadPool(tasks)
    finally:
        for _ in threads:
            tasks.put(None)
        for thread in threads:
            thread.join()


def _start(count: int, begin: Callable[[], object], name: str, tasks: _Tasks, chosen: list[threading.Thread]) -> None:
    """Put `count` threads that serve `tasks` into `chosen`; whatever happens, all others that were started end."""
    seeks = uses_one_arena() and address_space() is None  # under a limit there may be no room for spare ones
    # all is told through queues, whose put and get are one step for a signal: done or not begun
    places: SimpleQueue[bool | BaseException] = SimpleQueue()
    right: list[tuple[threading.Thread, SimpleQueue[bool]]] = []
    wrong: list[tuple[threading.Thread, SimpleQueue[bool]]] = []
    answers: list[SimpleQueue[bool]] = []

    def serve(answer: SimpleQueue[bool]) -> None:
        try:
            begin()
            places.put(not seeks or on_main_arena())
        except BaseException as error:
            places.put(error)
            return
        if not answer.get():
            return
        while (task := tasks.get()) is not None:
            task()
            del task  # and what it holds

    try:
        while len(right) < count and len(answers) < count + MAX_SPARE_THREADS:
            answers.append(SimpleQueue())
            thread = threading.Thread(target=serve, args=(answers[-1],), name=f"{name}-{len(answers)}")
            thread.start()
            place = places.get()
            if isinstance(place, BaseException):
                raise place
            (right if place else wrong).append((thread, answers[-1]))
        for thread, answer in (right + wrong)[:count]:
            chosen.append(thread)
            answer.put(True)
    finally:
        for answer in answers:
            answer.put(False)
        for thread, _ in right + wrong:
            if thread not in chosen:  # until it is gone it counts among the process's threads
                thread.join()
