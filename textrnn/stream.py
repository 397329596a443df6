"""A stream of examples through a predictor: read in windows, sorted by length inside of each, results in order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from textrnn.data.columns import Asked
from textrnn.forked import require_same_process
from textrnn.memory import require_room_for_threads
from textrnn.predictor import Answers, Predictor

TEXTS, CHARACTERS = 1 << 14, 1 << 24  # what a window holds at most, but for its last text


class _Stopped(Exception):
    """Nobody reads any more."""


def predict_stream(predictor: Predictor, texts: Iterable[Asked], *, window: int = TEXTS) -> Iterator[Answers]:
    """The answers of one window of `texts` after another, in their order; they are what the predictor takes.

    While a window is computed the next is read, and the one before is the caller's. An error in
    reading is raised when all that came before it has been given. Memory does not grow with the stream.
    """
    stop, process = Event(), os.getpid()

    def check(_: int) -> None:
        if stop.is_set():
            raise _Stopped

    with ThreadPoolExecutor(1, thread_name_prefix="textrnn-predict") as ahead:
        windows = _windows(texts, window)
        try:
            pending = None
            failed: Exception | None = None
            while failed is None:
                read: list[Asked] = []
                try:
                    read = next(windows, [])
                except Exception as error:
                    failed = error
                require_same_process(process, "a stream of predictions")
                require_room_for_threads()
                begun = ahead.submit(predictor.answers_of, read, on_batch=check) if read else None
                if pending is not None:
                    yield pending.result()
                pending = begun
                if begun is None:
                    break
            if failed is not None:
                raise failed
        finally:
            stop.set()


def _windows(texts: Iterable[Asked], most: int) -> Iterator[list[Asked]]:
    window: list[Asked] = []
    characters = 0
    try:
        for text in texts:
            window.append(text)
            characters += len(text) if isinstance(text, str) else sum(len(c) for c in text if isinstance(c, str))
            if len(window) == most or characters >= CHARACTERS:
                yield window
                window, characters = [], 0
    except Exception:
        if window:
            yield window  # what was read before the error counts
        raise
    if window:
        yield window
