"""Settings of the whole process that some work needs otherwise: changed while any of it goes on, then put back.

Whoever saves such a setting and puts it back by himself is wrong among threads: the second of two saves what the first
has set, and puts that back when both have ended.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import gc
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class SharedSetting(Generic[T]):
    """A setting that the first of those who need it changes, and the last puts back.

    `change` returns what `restore` is given. In a fork nobody holds the lock.
    """

    def __init__(self, change: Callable[[], T], restore: Callable[[T], object]) -> None:
        self._change, self._restore = change, restore
        self._before: list[T] = []
        self._users = 0
        self._renew()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def changed(self) -> Iterator[None]:
        """The setting as it is needed, while the block lasts."""
        with self._lock:
            if not self._users:
                self._before = [self._change()]
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._restore(self._before.pop())


def _one_blas_thread() -> Any:
    from threadpoolctl import threadpool_limits  # what `--help` does without

    return threadpool_limits(limits=1, user_api="blas")


def _raise_limit() -> tuple[int, int]:
    return csv.field_size_limit(MAX_FIELD_CHARACTERS), MAX_FIELD_CHARACTERS


def _put_back_limit(before: tuple[int, int]) -> None:
    found, ours = before
    if csv.field_size_limit() == ours:  # else somebody has changed it since
        csv.field_size_limit(found)


def _collect_rarely() -> tuple[int, int, int]:
    before = gc.get_threshold()
    gc.freeze()  # what is there now stays: it need not be looked at
    gc.set_threshold(RARE_THRESHOLD, *before[1:])
    return before


def _collect_as_before(before: tuple[int, int, int]) -> None:
    if gc.get_threshold()[0] == RARE_THRESHOLD:  # else somebody has changed it since
        gc.set_threshold(*before)
    gc.unfreeze()


RARE_THRESHOLD = 100_000  # objects more than were freed
MAX_FIELD_CHARACTERS = 1 << 26  # characters; the module's own limit is 128 Ki
_blas = SharedSetting(_one_blas_thread, lambda limits: limits.restore_original_limits())
_fields = SharedSetting(_raise_limit, _put_back_limit)
_collections = SharedSetting(_collect_rarely, _collect_as_before)


def one_blas_thread() -> AbstractContextManager[None]:
    """While the block lasts numpy's and scipy's matrix libraries use one thread.

    Sums of several threads differ in their last bits.
    """
    return _blas.changed()


def long_csv_fields() -> AbstractContextManager[None]:
    """While the block lasts the `csv` module reads fields of up to `MAX_FIELD_CHARACTERS` characters."""
    return _fields.changed()


def rare_garbage_collection() -> AbstractContextManager[None]:
    """While the block lasts Python's cyclic garbage collector runs once for `RARE_THRESHOLD` new objects.

    Rows of a table are many objects without cycles; to look at them costs a tenth of what reading and writing costs.
    """
    return _collections.changed()


def with_long_csv_fields(generate: Callable[P, Iterator[T]]) -> Callable[P, Iterator[T]]:
    """The generator function `generate`, which reads with the `csv` module, under `long_csv_fields`."""

    @functools.wraps(generate)
    def read(*given: P.args, **named: P.kwargs) -> Iterator[T]:
        with long_csv_fields():
            yield from generate(*given, **named)

    return read


def environment_variable_default(name: str, value: str) -> SharedSetting[bool]:
    """The variable `name` of the environment as `value`, where nobody has set it."""

    def change() -> bool:
        missing = name not in os.environ
        os.environ.setdefault(name, value)
        return missing

    return SharedSetting(change, lambda missing: os.environ.pop(name, None) if missing else None)


@contextlib.contextmanager
def ignore_warnings(category: type[Warning], module: str) -> Iterator[None]:
    """While the block lasts, warnings of this `category` from modules whose name begins with `module` are not heard.

    `warnings.catch_warnings` puts a list back that another thread may have changed since; here one filter comes and the
    same one goes.
    """
    ours: Any = ("ignore", None, category, re.compile(re.escape(module)), 0)
    received_signal = warnings.filters
    received_signal.insert(0, ours)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for filters in (received_signal, warnings.filters):  # two, where somebody has put a copy there since
            for place, found in enumerate(filters):
                if found is ours:
                    del filters[place]  # type: ignore[attr-defined]
                    break
