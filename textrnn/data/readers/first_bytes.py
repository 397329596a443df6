"""The first bytes of a file compared with its settings, before any work, at the price of one read."""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from itertools import chain

from textrnn.config.data import DataConfig, TextFormat
from textrnn.data.columns import columns_of
from textrnn.data.readers.compressed import open_bytes
from textrnn.data.readers.delimited import delimiter_of, require_header
from textrnn.data.readers.fasttext import require_one_text
from textrnn.data.readers.jsonlines import require_json_objects
from textrnn.data.readers.lines import decode_lines
from textrnn.data.readers.notes import Notes
from textrnn.data.readers.source import Source

SAMPLE_BYTES = 1 << 16  # bytes that are looked at


def check_first_bytes(source: Source, config: DataConfig) -> None:
    """Refuse, by DataError, a text file that by its first bytes is of another encoding or kind, or lacks a column.

    Only how it is written and what its columns are called is looked at; rows are read by whoever needs them.
    """
    if source.kind == "fasttext":
        require_one_text(columns_of(config), source.name)
    if source.kind not in ("csv", "tsv", "jsonl"):
        return
    path, text_format = source.files[0], config.text_format
    notes = Notes(by_row=config.on_bad_row == "skip")
    lines = _first_lines(source, text_format, notes)
    if source.kind == "jsonl":
        require_json_objects(lines, str(path))
    elif first := next(lines, None):  # of a file that cannot be opened nothing is said here
        require_header(
            chain([first], lines), str(path), delimiter_of(source.kind), columns_of(config).names, text_format, notes
        )


def _first_lines(source: Source, text_format: TextFormat, notes: Notes) -> Iterator[str]:
    """The whole lines among the first bytes; unless a bad row is its own, all are decoded before the first is given."""
    try:
        with open_bytes(source.files[0], source.compression) as file:
            head = file.read(SAMPLE_BYTES + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile):
        return  # who reads the file says what is wrong
    opened = io.BufferedReader(io.BytesIO(head[:SAMPLE_BYTES]))
    lines = decode_lines(opened, str(source.files[0]), text_format, notes, ahead=True, whole=len(head) <= SAMPLE_BYTES)
    yield from lines if notes.by_row else list(lines)
