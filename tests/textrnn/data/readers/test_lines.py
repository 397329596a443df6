"""Bytes to lines: encodings, archives, marks."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from textrnn.data.readers import lines
from textrnn.data.readers.guess_encoding import encoding_of_mark
from textrnn.data.readers.lines import read_lines
from textrnn.data.readers.source import Compression
from textrnn.errors import DataError


def _read(path: Path, data: bytes, compression: Compression | None = None) -> list[str]:
    path.write_bytes(data)
    return list(read_lines(path, compression))


@given(st.text(max_size=60))
@example("\x1b$B and \x1b$)C")
@example("\x1b$")
def test_lines_join_to_the_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "joined"
    assert "".join(_read(path, b"\xef\xbb\xbf" + text.encode())) == text
    if encoding_of_mark(text.encode()):
        return  # without a mark it is refused as text of another encoding
    assert "".join(_read(path, gzip.compress(text.encode()), "gz")) == text.removeprefix("\ufeff")
    assert "".join(_read(path, lzma.compress(text.encode()), "xz")) == text.removeprefix("\ufeff")


def test_only_lf_ends_a_line(tmp_path: Path) -> None:
    text = "a\r\nb\x0bc\u2028d\x85\x00e\n"
    assert _read(tmp_path / "x", text.encode()) == ["a\r\n", "b\x0bc\u2028d\x85\x00e\n"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"ab\nc\xffd\n", r"line 2: expected UTF-8, found byte 0xff at offset 4"),
        (b"\xef\xbb\xbfab\xff\n", r"line 1: expected UTF-8, found byte 0xff at offset 5"),
        (b"a\xed\xa0\x80\n", r"found byte 0xed at offset 1"),
        (b"cut \xe2\x82", r"found byte 0xe2 at offset 4"),
        ("text,label\n".encode("utf-16"), "found UTF-16"),
        (gzip.compress(b"text", mtime=0), "found gzip"),
        (b"PK\x03\x04...", "a spreadsheet"),
    ],
)
def test_not_utf8(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _read(tmp_path / "x", data)


@pytest.mark.parametrize("compression", ["gz", "xz"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "not one"])
def test_damaged_archive(tmp_path: Path, compression: Compression, damage: str) -> None:
    whole = (gzip if compression == "gz" else lzma).compress(b"some text\n" * 999)
    bad = {"cut": whole[:-9], "flipped": whole[:30] + bytes(20) + whole[50:], "not one": b"text,label\n"}[damage]
    with pytest.raises(DataError, match=f"expected a whole .{compression} file"):
        _read(tmp_path / "x", bad, compression)


def test_line_is_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 8)
    assert _read(tmp_path / "x", b"1234567\n1234567") == ["1234567\n", "1234567"]
    with pytest.raises(DataError, match="line 2: expected a line of fewer than 8 bytes"):
        _read(tmp_path / "x", b"1\n123456789\n")


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        list(read_lines(tmp_path, None))


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 16])
def test_lines_do_not_depend_on_the_blocks_they_are_read_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    data = "\ufeffa,b\r\n".encode() + "é\u2028x,1\n\n\r\r\n".encode() * 50 + "中文,\x0b".encode()
    whole = _read(tmp_path / "x", data)
    assert "".join(whole).encode() == data[3:]
    assert all(line.endswith("\n") for line in whole[:-1])
    monkeypatch.setattr(lines, "_CHUNK", size)
    assert _read(tmp_path / "x", data) == whole
    with pytest.raises(DataError, match=r"x, line 153: expected UTF-8, found byte 0xff at offset (?P<at>\d+)") as told:
        _read(tmp_path / "x", data + b"\n1\xff")
    assert f"offset {len(data) + 2};" in str(told.value)
