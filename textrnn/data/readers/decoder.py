"""Bytes to characters piece by piece, in any encoding that Python has, with the places of what cannot be decoded."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass

_PIECE = 1 << 11  # bytes: what is looked at again after each mistake


@dataclass(frozen=True)
class DecodingError:
    """Bytes that are not of the encoding.

    `index` is where their U+FFFD stands in the text, `offset` where they stand in the file, `bytes` begins with them.
    """

    index: int
    offset: int
    bytes: bytes


class Decoder:
    """An incremental decoder of Python's that replaces what cannot be decoded by U+FFFD, and says where it stood.

    `taken` is the number of bytes fed so far.
    """

    def __init__(self, make: Callable[[str], codecs.IncrementalDecoder]) -> None:
        self.taken = 0
        self._decoder = make("strict")

    def feed(self, data: bytes, *, final: bool) -> tuple[str, list[DecodingError]]:
        """The characters that `data` completes, and the mistakes among them, in order."""
        held, state = self._decoder.getstate()
        try:
            text = self._decoder.decode(data, final)
        except UnicodeError:
            self._decoder.setstate((held, state))
        else:
            self.taken += len(data)
            return text, []
        texts: list[str] = []
        mistakes: list[DecodingError] = []
        size = 0
        starts = range(0, len(data), _PIECE) if data else range(1)
        for start in starts:
            piece = data[start : start + _PIECE]
            for part, mistake in self._feed_piece(piece, final=final and start == starts[-1]):
                if mistake is not None:
                    mistakes.append(DecodingError(size + len(part), *mistake))
                    part += "\ufffd"
                texts.append(part)
                size += len(part)
        return "".join(texts), mistakes

    def _feed_piece(self, data: bytes, *, final: bool) -> list[tuple[str, tuple[int, bytes] | None]]:
        """Texts, each with the offset and the bytes of the mistake behind it, if there is one."""
        found: list[tuple[str, tuple[int, bytes] | None]] = []
        while True:
            held, state = self._decoder.getstate()
            try:
                found.append((self._decoder.decode(data, final), None))
                self.taken += len(data)
                return found
            except UnicodeError as error:
                whole = held + data
                start, end = _bounds(error, len(whole))
                # up to the bad bytes again, from the state before, with what was held as given
                self._decoder.setstate((b"", state))
                text = self._decoder.decode(whole[:start], False)
                self._decoder.setstate((b"", self._decoder.getstate()[1]))
                found.append((text, (self.taken - len(held) + start, whole[start:])))
                self.taken += end - len(held)
                data = whole[end:]


def _bounds(error: UnicodeError, size: int) -> tuple[int, int]:
    if isinstance(error, UnicodeDecodeError):
        start = min(error.start, size)
        return start, min(max(error.end, start + 1), size)
    return 0, size  # as UTF-16 says that a mark is missing
