"""The bytes of a file, decompressed if it is compressed."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, cast

from textrnn.data.readers.read_digest import ReadDigest

Compression = Literal["gz", "xz"]


@contextlib.contextmanager
def open_bytes(
    path: Path, compression: Compression | None, read_digest: ReadDigest | None = None
) -> Iterator[BinaryIO]:
    """Open a file for reading, decompressed; `read_digest` counts what is read of it.

    Raises OSError; what is damaged raises while it is read.
    """
    with open(path, "rb") if read_digest is None else read_digest.open_counted(path) as file:
        match compression:
            case None:
                yield file
            case "gz":
                with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
                    yield cast(BinaryIO, unpacked)
            case "xz":
                with lzma.LZMAFile(file, "rb") as unpacked:
                    yield cast(BinaryIO, unpacked)


def read_start(path: Path, compression: Compression | None, size: int) -> bytes:
    """Return the first `size` bytes of a file, none where it cannot be read."""
    try:
        with open_bytes(path, compression) as file:
            return file.read(size)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return b""
