"""The bytes of a file, unpacked where it is packed."""

from __future__ import annotations

import gzip
import lzma
import zlib
from pathlib import Path
from typing import BinaryIO, Literal, cast

Compression = Literal["gz", "xz"]


def open_bytes(path: Path, compression: Compression | None) -> BinaryIO:
    """Open a file for reading, decompressed. Raises OSError; what is damaged raises while it is read."""
    match compression:
        case None:
            return open(path, "rb")
        case "gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        case "xz":
            return cast(BinaryIO, lzma.open(path, "rb"))


def read_start(path: Path, compression: Compression | None, size: int) -> bytes:
    """Return the first `size` bytes of a file, none where it cannot be read."""
    try:
        with open_bytes(path, compression) as file:
            return file.read(size)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return b""
