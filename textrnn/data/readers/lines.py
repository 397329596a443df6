"""A text file as lines, plain or compressed, in whatever encoding, one line in memory at a time."""

from __future__ import annotations

import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from textrnn.config.data import Errors, TextFormat
from textrnn.config.text_format import UTF8, codec_of
from textrnn.data.readers.compressed import Compression, open_bytes
from textrnn.data.readers.decoder import Decoder, DecodingError
from textrnn.data.readers.encoding_advice import explain_bytes
from textrnn.data.readers.file_type import HEAD_BYTES, identify_binary
from textrnn.data.readers.guess_encoding import encoding_of_mark
from textrnn.data.readers.notes import Notes
from textrnn.errors import DataError

MAX_LINE_BYTES = 1 << 26  # bytes: a longer line is no line, and would be held whole
MAX_COMPRESSION_RATIO = (
    200  # times its size that an archive may hold; texts are packed to a tenth, or to a fiftieth at best
)
ALWAYS_ALLOWED_BYTES = 1 << 26  # that an archive may hold whatever its size
MAX_UNDECODABLE_LINES = 10  # with no line beyond ASCII that can be decoded: the file is of another encoding
DEFAULT_TEXT_FORMAT = TextFormat()
MIN_DECODABLE_LINES = 2  # lines beyond ASCII, more than these: the encoding is the right one for most
_CHUNK = 1 << 16
_BOM = b"\xef\xbb\xbf"


def read_lines(
    path: Path,
    compression: Compression | None,
    text_format: TextFormat = DEFAULT_TEXT_FORMAT,
    notes: Notes | None = None,
) -> Iterator[str]:
    r"""The lines of the file, each with its own end (`\n` or `\r\n`); a byte order mark is left out.

    Raises DataError, with line and byte offset, for bytes that are not of the encoding (unless they are to be
    replaced: `notes` counts them), for a line of more than 64 MiB, for an archive that is cut, damaged, or holds more
    than 200 times its size, and for a file that cannot be read.
    """
    seen = [0]
    try:
        most = max(ALWAYS_ALLOWED_BYTES, MAX_COMPRESSION_RATIO * path.stat().st_size) if compression else None
        with open_bytes(path, compression, None if notes is None else notes.read_digest) as file:
            yield from decode_lines(file, str(path), text_format, notes, most=most, seen=seen, ahead=True)
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        what = "the file is cut" if isinstance(error, EOFError) else str(error)
        raise DataError(f"{path}: expected a whole .{compression} file, but after line {seen[0]}: {what}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def decode_lines(
    file: BinaryIO,
    place: str,
    text_format: TextFormat = DEFAULT_TEXT_FORMAT,
    notes: Notes | None = None,
    *,
    most: int | None = None,
    seen: list[int] | None = None,
    ahead: bool = False,
    whole: bool = True,
) -> Iterator[str]:
    """The lines of an open file, as `read_lines` gives them; `place` names it in errors.

    More than `most` bytes are refused. `seen[0]` becomes the number of lines read. With `ahead` the file may be read
    on to say what is wrong with it (standard input would wait). Where it is not `whole`, what is cut at its end is left
    out. Raises DataError.
    """
    notes, seen = notes or Notes(), seen if seen is not None else [0]
    codec = codec_of(text_format.encoding)
    if codec is None:
        raise DataError(f"{place}: expected an encoding that Python knows, found {text_format.encoding!r}")
    head = file.peek(HEAD_BYTES)[:HEAD_BYTES] if hasattr(file, "peek") else b""
    _refuse_other_formats(place, head, text_format, notes)
    opened = _Opened(file, place, codec, text_format.errors, notes, head, most, seen, ahead, whole)
    yield from (_utf8_lines if codec in UTF8 else _decoded_lines)(opened)


@dataclass
class _Opened:
    """An open file and how it is read; `seen[0]` lines were, of which `decodable` are not ASCII and can be decoded."""

    file: BinaryIO
    place: str
    codec: str
    errors: Errors
    notes: Notes
    head: bytes
    most: int | None
    seen: list[int]
    ahead: bool
    whole: bool
    decodable: int = 0
    spoiled: int = 0
    told: str | None = None
    first: str = ""

    def cannot_decode(self, offset: int, byte: int, around: bytes, *, line: int) -> None:
        """Note that a byte cannot be decoded. Raises DataError unless by row, and for a whole file of them.

        What is told of the first is told of those after it: to look for the likely encoding takes its time. A whole
        file of them is refused at the first, as where rows are not separate.
        """
        self.spoiled += 1
        if self.told is None:
            rest = self.file.peek(_CHUNK) if self.ahead and hasattr(self.file, "peek") else b""
            sample = self.head[: min(len(self.head), offset)] + around + rest
            self.told = explain_bytes(self.codec, sample, self.notes, mostly_valid=self.decodable > MIN_DECODABLE_LINES)
        name = "UTF-8" if self.codec == "utf-8" else self.codec
        what = f"expected {name}, found byte 0x{byte:02x} at offset {offset}; {self.told}"
        self.first = self.first or f"{self.place}, line {line}: {what}"
        if not self.notes.by_row or (self.spoiled >= MAX_UNDECODABLE_LINES and not self.decodable):
            raise DataError(self.first)
        self.notes.spoiled = self.notes.spoiled or what

    def require_short(self, size: int, line: int, unit: str) -> None:
        """Refuse, by DataError, a line that is none."""
        if size >= MAX_LINE_BYTES:
            raise DataError(
                f"{self.place}, line {line}: expected a line of fewer than {MAX_LINE_BYTES:,} {unit}, found more; is "
                "it a text file?"
            )


def _utf8_lines(opened: _Opened) -> Iterator[str]:
    """Lines of UTF-8, decoded many at a time; one by one where that fails, to find the line."""
    offset, seen = 0, opened.seen
    for block in _blocks(opened):
        try:
            text = block.decode("utf-8" if seen[0] else "utf-8-sig") if len(block) < MAX_LINE_BYTES else None
        except UnicodeDecodeError:
            text = None
        if text is None:
            yield from _single_lines(opened, block, offset)
        else:
            if opened.decodable <= MIN_DECODABLE_LINES and not block.isascii():
                opened.decodable += sum(not line.isascii() for line in block.splitlines())
            for line in io.StringIO(text, newline="\n"):
                seen[0] += 1
                yield line
        offset += len(block)
        _require_ratio(offset, opened.most, opened.place)


def _blocks(opened: _Opened) -> Iterator[bytes]:
    """The bytes of the file in blocks that end where a line ends. Raises DataError for a line that is too long."""
    read: Callable[[int], bytes] = getattr(opened.file, "read1", opened.file.read)
    held: list[bytes] = []
    size = 0
    while data := read(_CHUNK):
        if end := data.rfind(b"\n") + 1:
            yield b"".join([*held, data[:end]])
            held, size = [], 0
        held.append(data[end:])
        size += len(held[-1])
        opened.require_short(size, opened.seen[0] + 1, "bytes")
    if size and opened.whole:
        yield b"".join(held)


def _single_lines(opened: _Opened, block: bytes, offset: int) -> Iterator[str]:
    """The lines of a `block` that begins at the byte `offset`, of which one is too long or cannot be decoded."""
    seen, notes, start = opened.seen, opened.notes, offset
    for line in io.BytesIO(block):
        seen[0] += 1
        opened.require_short(len(line.removesuffix(b"\n")), seen[0], "bytes")
        encoding = "utf-8-sig" if seen[0] == 1 else "utf-8"
        try:
            text = line.decode(encoding)
            opened.decodable += not line.isascii()
        except UnicodeDecodeError as error:
            text = line.decode(encoding, "replace")
            if opened.errors == "replace":
                notes.replaced += text.count("\ufffd") - line.count("\ufffd".encode())  # those that stood there stay
            else:
                # the codec for files with a mark counts from behind it
                at = error.start + (len(_BOM) if seen[0] == 1 and line.startswith(_BOM) else 0)
                place = offset + at - start
                around = block[max(0, place - _CHUNK) : place + _CHUNK]
                opened.cannot_decode(offset + at, line[at], around, line=seen[0])
        yield text
        offset += len(line)


def _decoded_lines(opened: _Opened) -> Iterator[str]:
    read: Callable[[int], bytes] = getattr(opened.file, "read1", opened.file.read)
    feed = _Feed(opened)
    while data := read(_CHUNK):
        yield from feed.take(data, final=False)
        _require_ratio(feed.taken, opened.most, opened.place)
    if opened.whole:
        yield from feed.take(b"", final=True)


class _Feed:
    """Lines of any encoding: decoded first, then parted, for a line end may be any bytes, or part of a letter."""

    def __init__(self, opened: _Opened) -> None:
        self._opened = opened
        self._decoder = Decoder(codecs.getincrementaldecoder(opened.codec))
        self._parts: list[str] = []
        self._size = 0

    @property
    def taken(self) -> int:
        """How many bytes were fed."""
        return self._decoder.taken

    def take(self, data: bytes, *, final: bool) -> Iterator[str]:
        """The lines that `data` completes. Raises DataError."""
        opened, seen = self._opened, self._opened.seen
        text, mistakes = self._decoder.feed(data, final=final)
        opened.decodable += not (mistakes or text.isascii())
        at = 0
        *ended, last = text.split("\n")
        for line in ended:
            at += len(line) + 1
            mistakes = _note_mistakes(opened, mistakes, at)
            yield self._end("".join(self._parts) + line + "\n")
        _note_mistakes(opened, mistakes, len(text) + 1)
        if last:
            self._parts.append(last)
            self._size += len(last)
            opened.require_short(self._size, seen[0] + 1, "characters")
        if final and self._parts:
            yield self._end("".join(self._parts))

    def _end(self, line: str) -> str:
        self._parts, self._size = [], 0
        self._opened.seen[0] += 1
        return line.removeprefix("\ufeff") if self._opened.seen[0] == 1 else line


class LineFeed:
    """Lines of what comes in pieces, in any encoding, UTF-8 too; `place` names it in errors."""

    def __init__(self, place: str, text_format: TextFormat, notes: Notes) -> None:
        self._place, self._format, self._notes = place, text_format, notes
        self._feed: _Feed | None = None

    def take(self, data: bytes, *, final: bool) -> Iterator[str]:
        """The lines that `data` completes, at the end what is left. Raises DataError."""
        if self._feed is None:
            head, codec = data[:HEAD_BYTES], codec_of(self._format.encoding) or UTF8[0]
            _refuse_other_formats(self._place, head, self._format, self._notes)
            nothing = io.BytesIO()
            errors = self._format.errors
            self._feed = _Feed(
                _Opened(nothing, self._place, codec, errors, self._notes, head, None, [0], ahead=False, whole=True)
            )
        return self._feed.take(data, final=final)


def _note_mistakes(opened: _Opened, mistakes: list[DecodingError], end: int) -> list[DecodingError]:
    """Tell of the mistakes before the character `end`; returns the others. Raises DataError."""
    while mistakes and mistakes[0].index < end:
        first, *mistakes = mistakes
        if opened.errors == "replace":
            opened.notes.replaced += 1
        else:
            opened.cannot_decode(
                first.offset, first.bytes[0] if first.bytes else 0, first.bytes, line=opened.seen[0] + 1
            )
    return mistakes


def _require_ratio(size: int, most: int | None, place: str) -> None:
    if most is not None and size > most:
        raise DataError(
            f"{place}: expected an archive that holds at most {MAX_COMPRESSION_RATIO} times its size "
            f"(or {ALWAYS_ALLOWED_BYTES >> 20} MiB), found more; if this is intended, unpack it and name the file in it"
        )


def _refuse_other_formats(place: str, head: bytes, text_format: TextFormat, notes: Notes) -> None:
    if found := identify_binary(head):
        name, do = found
        raise DataError(f"{place}: expected text, found {name}; {do}")
    if text_format.encoding == "auto" and (encoding := encoding_of_mark(head)):
        raise DataError(
            f"{place}: expected text in UTF-8, found {encoding.upper()}; use {notes.option('encoding', encoding)}"
        )
