"""Standard input line by line, as the lines come."""

import errno
import os
import select
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from textrnn.errors import DataError

if TYPE_CHECKING:
    from textrnn.data.readers.lines import Decoding
    from textrnn.stream import Pause

CHUNK = 1 << 16
WAIT = 0.01  # seconds without a byte after which what came is answered


def ready_lines(stream: Any, place: str, decoding: "Decoding") -> "Iterator[tuple[int, str] | Pause]":
    """The lines of a text `stream` with their numbers, without their ends; a pause where no more is ready now.

    Raises DataError for a line that is too long or that cannot be decoded.
    """
    from textrnn.stream import Pause

    number = 0
    for line in _split(_chunks(stream.buffer, place), place):
        if line is None:
            yield Pause.NOW
            continue
        number += 1
        yield number, _decode(line, place, number, decoding).removesuffix("\n").removesuffix("\r")


def _decode(line: bytes, place: str, number: int, decoding: "Decoding") -> str:
    encoding = "utf-8-sig" if number == 1 else "utf-8"
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        if decoding.errors == "replace":
            text = line.decode(encoding, "replace")
            decoding.replaced += text.count("\ufffd") - line.count("\ufffd".encode())  # those that stood there stay
            return text
        raise DataError(
            f"{place}, line {number}: expected UTF-8, found the byte 0x{error.object[error.start]:02x}; "
            "convert it, or replace such bytes by --errors replace"
        ) from None


def _split(chunks: Iterator[bytes | None], place: str) -> Iterator[bytes | None]:
    """Whole lines, each with its end, the last perhaps without; None where there was none among the chunks."""
    from textrnn.data.readers.lines import MAX_LINE

    parts: list[bytes] = []  # of a line that has not ended
    held = 0
    for chunk in chunks:
        if chunk is None:
            yield None
            continue
        first, *others = chunk.split(b"\n")
        for rest in others:
            yield b"".join([*parts, first, b"\n"])
            parts, held, first = [], 0, rest
        parts.append(first)
        held += len(first)
        if held > MAX_LINE:
            raise DataError(f"{place}: expected lines of at most {MAX_LINE:,} bytes, found a longer one")
    if last := b"".join(parts):
        yield last


def _chunks(stream: Any, place: str) -> Iterator[bytes | None]:
    """What can be read, as it comes, and None before waiting for more."""
    try:
        descriptor = stream.fileno()
        select.select([descriptor], [], [], 0)
    except (OSError, ValueError):  # no file, or a kind that cannot be waited for
        while chunk := stream.read1(CHUNK):
            yield chunk
        return
    while True:
        if not select.select([descriptor], [], [], WAIT)[0]:
            yield None
        try:
            chunk = os.read(descriptor, CHUNK)
        except OSError as error:
            why = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise DataError(f"{place}: expected lines, but {why}") from None
        if not chunk:
            return
        yield chunk
