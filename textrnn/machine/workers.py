"""Workers: threads that compute several functions at once."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from textrnn.machine.threads import ThreadPool, start_pool

if TYPE_CHECKING:
    from concurrent.futures import Future

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True)
class Workers:
    """`count` threads, each of which computes alone."""

    count: int
    pool: ThreadPool

    def run(self, functions: Sequence[Callable[[], T]]) -> list[T]:
        """Returns the results of the functions, in their order; all have ended before the first error is raised."""
        futures = [self.pool.submit(function) for function in functions]
        errors = [future.exception() for future in futures]
        for error in errors:
            if error is not None:
                raise error
        return [future.result() for future in futures]


@contextlib.contextmanager
def start_threads(count: int, begin: Callable[[], object], name: str) -> Iterator[Workers | None]:
    """Yields `count` workers called `name`, each after `begin`; None for one: then the caller computes alone."""
    if count < 2:
        yield None
        return
    with start_pool(count, begin, name) as pool:
        yield Workers(count, pool)


def run_all(workers: Workers | None, functions: Sequence[Callable[[], T]]) -> list[T]:
    """Returns the results of the functions, in their order, computed by the `workers` or by the caller."""
    return [function() for function in functions] if workers is None else workers.run(functions)


def in_order(workers: Workers | None, function: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """Yields `function` of each item, by the workers, in the order of the items, a few ahead of the reader.

    If the reader stops, what has begun is waited for and the rest is never begun.
    """
    if workers is None:
        yield from map(function, items)
        return
    from concurrent.futures import wait  # takes time

    ahead: deque[Future[T]] = deque()
    try:
        for item in items:
            ahead.append(workers.pool.submit(function, item))
            if len(ahead) >= 2 * workers.count:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        for future in ahead:
            future.cancel()
        wait(ahead)
