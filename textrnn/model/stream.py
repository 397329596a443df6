"""A stream of examples through a predictor: read in windows, sorted by length inside of each, results in order."""

from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import NamedTuple

import numpy as np

from textrnn.data.columns import Example
from textrnn.machine.fork import require_same_process
from textrnn.machine.hardware import thread_count
from textrnn.machine.memory import require_room_for_threads
from textrnn.machine.workers import Workers, in_order, start_threads
from textrnn.model.predictor import Predictions, Predictor, join_predictions

TEXTS, CHARACTERS = 1 << 14, 1 << 24  # what a window holds at most, but for its last text
PIECE_TEXTS = 1 << 10  # of a window, which a thread predicts alone


class Pause(enum.Enum):
    """What a source that waits yields in place of an example where no more is ready now."""

    NOW = enum.auto()


class StreamRow(NamedTuple):
    """One row of a stream: the `example` to predict, None where it cannot be used, and then the `error` that says why.

    `original` is the caller's own, given back with the prediction.
    """

    example: Example | None
    original: object = None
    error: str = ""


class Window(NamedTuple):
    """Rows that were predicted together, N of them with an example, in their order; `predictions` are of those N."""

    rows: list[StreamRow]
    predictions: Predictions


class _Stopped(Exception):
    """Nobody reads any more."""


def predict_stream(
    predictor: Predictor, texts: Iterable[Example | Pause], *, window: int = TEXTS
) -> Iterator[Predictions]:
    """The predictions of one window of `texts` after another, in their order; they are what the predictor takes.

    Windows, errors and memory are those of `predict_windows`.
    """
    rows = (text if isinstance(text, Pause) else StreamRow(text) for text in texts)
    for _, predictions in predict_windows(predictor, windows_of(rows, window)):
        yield predictions


def predict_windows(
    predictor: Predictor, windows: Iterator[list[StreamRow]], *, on_batch: Callable[[int], None] | None = None
) -> Iterator[Window]:
    """One of the `windows` of rows (`windows_of`) after another with its predictions, in their order.

    While a window is computed, pieces of it by a thread a core, the next is read, and the one before is the caller's.
    Where the source pauses, all that came before is predicted before it is asked for more. An error in reading is
    raised when all that came before it has been given. Memory does not grow with the stream. `on_batch` is told the
    number of texts of each batch, or piece, that is done, in another thread.
    """
    stop, process = Event(), os.getpid()

    def check(done: int) -> None:
        if stop.is_set():
            raise _Stopped
        if on_batch is not None:
            on_batch(done)

    def stop_if_asked(_: int) -> None:
        if stop.is_set():
            raise _Stopped

    def predict(read: list[StreamRow]) -> Window:
        examples = [row.example for row in read if row.example is not None]
        if workers is None or len(examples) <= PIECE_TEXTS:
            return Window(read, predictor.predict_examples(examples, on_batch=check) if examples else _NOTHING)
        alone = partial(predictor.predict_examples, on_batch=stop_if_asked, threads=1)
        return Window(read, _in_pieces(alone, examples, workers, check))

    count = thread_count() if predictor.engine.is_native else 1
    with (
        start_threads(count, _nothing, "textrnn-predict-piece") as workers,
        ThreadPoolExecutor(1, thread_name_prefix="textrnn-predict") as ahead,
    ):
        try:
            pending = None
            failed: Exception | None = None
            ended = False
            while not ended:
                read: list[StreamRow] = []
                try:
                    found = next(windows, None)
                    read, ended = found or [], found is None
                except Exception as error:
                    failed, ended = error, True
                require_same_process(process, "a stream of predictions")
                require_room_for_threads()
                begun = ahead.submit(predict, read) if read else None
                if pending is not None:
                    yield pending.result()
                pending = begun
            if failed is not None:
                raise failed
        finally:
            stop.set()


def _in_pieces(
    predict: Callable[[Sequence[Example]], Predictions],
    examples: Sequence[Example],
    workers: Workers,
    on_piece: Callable[[int], None],
) -> Predictions:
    """Predict pieces of `examples` side by side: reading texts and counting n-grams takes one thread, and would leave
    the others idle.
    """
    pieces = [examples[start : start + PIECE_TEXTS] for start in range(0, len(examples), PIECE_TEXTS)]
    found = []
    for part in in_order(workers, predict, pieces):
        found.append(part)
        on_piece(len(part.accepted))
    return join_predictions(found)


def _nothing() -> None:
    """A thread needs no setting: a kernel makes its own."""


_NONE = np.zeros(0, dtype=np.int64)
_NOTHING = Predictions(np.zeros((0, 0)), _NONE, _NONE > 0, _NONE, _NONE > 0, np.zeros(0))


def windows_of(rows: Iterable[StreamRow | Pause], limit: int = TEXTS) -> Iterator[list[StreamRow]]:
    """Rows in windows of `limit`, or of fewer that have 16 million characters; after what came before a pause an empty
    one, for which nothing needs to be waited.
    """
    window: list[StreamRow] = []
    characters = 0
    try:
        for row in rows:
            if isinstance(row, Pause):
                if window:
                    yield window
                window, characters = [], 0
                yield []
                continue
            window.append(row)
            text = row.example
            if text is not None:
                characters += len(text) if isinstance(text, str) else sum(len(c) for c in text if isinstance(c, str))
            if len(window) == limit or characters >= CHARACTERS:
                yield window
                window, characters = [], 0
    except Exception:
        if window:
            yield window  # what was read before the error counts
        raise
    if window:
        yield window
