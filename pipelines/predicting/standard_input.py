"""Standard input line by line, as the lines come."""

import errno
import os
import select
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from textrnn.config.data import TextFormat
from textrnn.data.readers.lines import LineFeed
from textrnn.errors import DataError

if TYPE_CHECKING:
    from textrnn.data.readers.notes import Notes
    from textrnn.model.stream import Pause

CHUNK_BYTES = 1 << 16
IDLE_SECONDS = 0.01  # seconds without a byte after which what came is predicted


def ready_lines(
    stream: Any, place: str, text_format: TextFormat, notes: "Notes"
) -> "Iterator[tuple[int, str] | Pause]":
    """The lines of a text `stream` with their numbers, without their ends; a pause where no more is ready now.

    Raises DataError for a line that is too long or that cannot be decoded.
    """
    from textrnn.model.stream import Pause

    feed, number = LineFeed(place, text_format, notes), 0
    for chunk in chain(_chunks(stream.buffer, place), [b""]):
        if chunk is None:
            yield Pause.NOW
            continue
        for line in feed.take(chunk, final=not chunk):
            number += 1
            yield number, line.removesuffix("\n").removesuffix("\r")


def _chunks(stream: Any, place: str) -> Iterator[bytes | None]:
    """What can be read, as it comes, and None before waiting for more."""
    try:
        descriptor = stream.fileno()
        select.select([descriptor], [], [], 0)
    except (OSError, ValueError):  # no file, or a kind that cannot be waited for
        while chunk := stream.read1(CHUNK_BYTES):
            yield chunk
        return
    while True:
        if not select.select([descriptor], [], [], IDLE_SECONDS)[0]:
            yield None
        try:
            chunk = os.read(descriptor, CHUNK_BYTES)
        except OSError as error:
            why = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise DataError(f"{place}: expected lines, but {why}") from None
        if not chunk:
            return
        yield chunk
