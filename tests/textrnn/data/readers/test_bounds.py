"""Input without end, archives and tables made to fill the memory: refused before they are held."""

from __future__ import annotations

import gzip
import lzma
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from running import TREE, environment

from textrnn.config.data import DataConfig
from textrnn.data.columns import Columns
from textrnn.data.load import load_corpus
from textrnn.data.readers import arrow, lines, parquet
from textrnn.data.readers.delimited import read_delimited
from textrnn.data.readers.first_bytes import check_first_bytes
from textrnn.data.readers.jsonlines import read_jsonlines
from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.preview import preview_file, read_inputs
from textrnn.data.readers.rows import BadRow
from textrnn.data.readers.source import resolve
from textrnn.errors import DataError

MEGABYTES = 160  # above what the imports take; a line of 64 MiB, and its text


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
@pytest.mark.parametrize("head", [b"text,label\n", b""])
def test_an_archive_that_holds_too_much_is_refused_by_every_reader(
    pack: object, head: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "ALWAYS_ALLOWED_BYTES", 1 << 16)
    path = tmp_path / f"a.csv.{'gz' if pack is gzip.compress else 'xz'}"
    path.write_bytes(pack(head + b"good,a\n" * 400_000))  # type: ignore[operator]
    with pytest.raises(DataError, match="an archive that holds at most 200 times its size"):
        list(read_lines(path, "gz" if pack is gzip.compress else "xz"))
    if head:
        with pytest.raises(DataError, match="unpack it and name the file in it"):
            list(read_inputs(resolve(str(path)), Columns()))
        with pytest.raises(DataError, match="unpack it and name the file in it"):
            load_corpus(DataConfig(source=str(path)))
        check_first_bytes(resolve(str(path)), DataConfig())
        assert preview_file(resolve(str(path))).names == ["text", "label"]


def test_an_honest_archive_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"".join(b"row %d of many,a\n" % i for i in range(50_000))))
    assert sum(1 for _ in read_lines(path, "gz")) == 50_000


def test_cells_of_a_line_and_lines_of_a_row_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\n" + b"," * (1 << 20) + b",,\n")
    with pytest.raises(DataError, match="at most 1,048,576 delimiters in a line"):
        list(read_delimited(path, None, ",", ("text",)))
    monkeypatch.setattr("textrnn.data.readers.delimited.MAX_FIELD_CHARACTERS", 1000)
    path.write_bytes(b"text,label\n" + b'"a\nb",' * 500)
    with pytest.raises(DataError, match="never closes"):
        list(read_delimited(path, None, ",", ("text",)))


def test_values_of_an_object_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "a", "label": "b"}\n{"text": "a", "x": [' + b"{}," * (1 << 20) + b"{}]}\n")
    found = list(read_jsonlines(path, None, ("text",)))
    assert isinstance(found[1], BadRow)
    assert "expected at most 1,048,576 values in a JSON object" in str(found[1])


def test_rows_of_parquet_are_decoded_a_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": pa.array(["x" * 1000] * 64).dictionary_encode()}), path)
    monkeypatch.setattr(arrow, "MAX_BATCH_BYTES", 4000)
    sizes = []
    real = arrow._values
    monkeypatch.setattr(arrow, "_values", lambda column: sizes.append(len(column)) or real(column))
    assert len(list(read_inputs(resolve(str(path)), Columns()))) == 64
    assert max(sizes) <= 4
    monkeypatch.setattr(arrow, "MAX_BATCH_BYTES", 900)
    with pytest.raises(DataError, match=r"row 1 \(counted from 1\): expected a row of at most 900 bytes"):
        list(read_inputs(resolve(str(path)), Columns()))
    monkeypatch.setattr(parquet, "MAX_GROUP_BYTES", 100)
    with pytest.raises(DataError, match="smaller row groups"):
        list(read_inputs(resolve(str(path)), Columns()))


WATCH = """
import resource, sys
from textrnn.config.data import TextFormat
from textrnn.data.readers.lines import LineFeed, decode_lines
from textrnn.data.readers.notes import Notes
from textrnn.errors import DataError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
text_format = TextFormat(encoding=sys.argv[1])
try:
    for _ in decode_lines(sys.stdin.buffer, "standard input", text_format):
        pass
except DataError as error:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10, error)
"""


@pytest.mark.parametrize(("source", "encoding"), [("/dev/zero", "auto"), ("letters", "auto"), ("letters", "gb18030")])
def test_a_stream_without_end_is_refused_in_little_memory(source: str, encoding: str) -> None:
    program = (
        [sys.executable, "-c", "while True: print('abc' * 99999, end='')"] if source == "letters" else ["cat", source]
    )
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as feeding:
        try:
            done = subprocess.run(
                [sys.executable, "-c", WATCH, encoding],
                stdin=feeding.stdout, capture_output=True, text=True, env=environment(), cwd=TREE, check=True,
            )  # fmt: skip
        finally:
            feeding.kill()
    grown, _, message = done.stdout.partition(" ")
    assert ("NUL bytes" if source == "/dev/zero" else "line 1: expected a line of fewer than 67,108,864") in message
    assert int(grown) < MEGABYTES
