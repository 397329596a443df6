"""A text file as lines of strict UTF-8, plain or compressed, one line in memory at a time."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from textrnn.config.data import Errors
from textrnn.data.readers.source import Compression
from textrnn.errors import DataError

MAX_LINE = 1 << 26  # bytes: a longer line is no line, and would be held whole
_BOM = b"\xef\xbb\xbf"
# how files begin that are often taken for text
_MAGIC = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\x1f\x8b": "gzip (name it .gz)",
    b"\xfd7zXZ": "xz (name it .xz)",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"PAR1": "Parquet",
}


@dataclass
class Decoding:
    """What becomes of bytes that are not UTF-8, and how many sequences of them were `replaced` by U+FFFD so far.

    A reader of rows sets `by_row`: a line that cannot be decoded is then given with U+FFFD and told in `spoiled`, which
    the reader clears. `line` is where the row begins that it gave last, from 1.
    """

    errors: Errors = "strict"
    replaced: int = 0
    by_row: bool = False
    spoiled: str | None = None
    line: int = 0


def read_lines(path: Path, compression: Compression | None, decoding: Decoding | None = None) -> Iterator[str]:
    r"""The lines of the file, each with its own end (`\n` or `\r\n`); a byte order mark is left out.

    Raises DataError, with line and byte offset, for bytes that are not UTF-8 (unless `decoding` replaces
    them), for a line of more than 64 MiB, for a cut or damaged archive, and for a file that cannot be read.
    """
    decoding = decoding or Decoding()
    offset = 0
    number = 0
    try:
        with _open(path, compression) as file:
            while line := file.readline(MAX_LINE):
                number += 1
                if len(line) == MAX_LINE and not line.endswith(b"\n"):
                    raise DataError(f"{path}, line {number}: expected a line of less than {MAX_LINE:,} bytes")
                if number == 1:
                    _refuse_other_formats(path, line)
                yield _decode(line, path, number, offset, decoding)
                offset += len(line)
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        what = "the file is cut" if isinstance(error, EOFError) else str(error)
        raise DataError(f"{path}: expected a whole .{compression} file, but after line {number}: {what}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def _open(path: Path, compression: Compression | None) -> BinaryIO:
    match compression:
        case None:
            return open(path, "rb")
        case "gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        case "xz":
            return cast(BinaryIO, lzma.open(path, "rb"))


def _refuse_other_formats(path: Path, line: bytes) -> None:
    for magic, name in _MAGIC.items():
        if line.startswith(magic):
            raise DataError(f"{path}: expected text in UTF-8, found {name}; convert it, or set data.format")
    start = line[:16]
    if len(start) > 3 and (not any(start[1::2]) or not any(start[::2])):
        raise DataError(f"{path}: expected text in UTF-8, found UTF-16 (every other byte is 0); convert it")


def _decode(line: bytes, path: Path, number: int, offset: int, decoding: Decoding) -> str:
    encoding = "utf-8-sig" if number == 1 else "utf-8"
    try:
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        if decoding.errors == "replace":
            text = line.decode(encoding, "replace")
            decoding.replaced += text.count("\ufffd") - line.count("\ufffd".encode())  # those that stood there stay
            return text
        # the codec for files with a mark counts from behind it
        at = offset + error.start + (len(_BOM) if number == 1 and line.startswith(_BOM) else 0)
        byte = error.object[error.start]
        what = (
            f"expected UTF-8, found byte 0x{byte:02x} at offset {at}; "
            "save the file as UTF-8, or replace such bytes by data.errors=replace"
        )
        if not decoding.by_row:
            raise DataError(f"{path}, line {number}: {what}") from None
        decoding.spoiled = decoding.spoiled or what
        return line.decode(encoding, "replace")
