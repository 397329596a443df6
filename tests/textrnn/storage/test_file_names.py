"""Names of files are bytes: as text, as names again, in another encoding of names, and for eyes."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.data import DataConfig
from textrnn.config.parse import read_section
from textrnn.storage.file_names import as_name, as_text, as_text_tree, is_text, library_path, printable
from textrnn.storage.files import write_text

GBK = os.fsdecode("数据".encode("gbk"))
NAMES = st.binary(min_size=1, max_size=12)


@given(NAMES)
def test_no_byte_of_a_name_is_lost(name: bytes) -> None:
    there = os.fsdecode(name)
    assert os.fsencode(as_name(as_text(there))) == name
    printable(there).encode("utf-8")


@given(NAMES)
def test_where_names_are_ascii_a_name_of_utf8_is_its_text(name: bytes) -> None:
    """As in the C locale without UTF-8 mode."""
    there = name.decode("ascii", "surrogateescape")
    assert as_text(there) == name.decode("utf-8", "surrogateescape")
    assert is_text(printable(there))


@given(st.text())
def test_text_is_what_it_is(text: str) -> None:
    assert as_text(text) == printable(text) == text
    assert is_text(text)


def test_what_stands_for_no_byte_stays() -> None:
    for odd in ("\ud800", "a\udfff", "\udc7f"):
        assert as_text(odd) == as_name(odd) == odd
        assert is_text(printable(odd))


def test_as_texts_goes_through_everything() -> None:
    found = as_text_tree({"a": ["\udce6\udc95\udcb0", ("\udcc3\udca9", 1)], "\udcc3\udca9": None})
    assert found == {"a": ["数", ("é", 1)], "é": None}


def test_settings_may_hold_names_that_are_no_unicode() -> None:
    assert read_section(DataConfig, {"source": GBK}).source == GBK
    assert read_section(DataConfig, {"text_column": (GBK, "b")}).text_column == (GBK, "b")


def test_arrow_reads_a_file_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (GBK, "数据", "plain"):
        with open(tmp_path / name, "wb") as file:
            pq.write_table(pa.table({"a": [1]}), file)
        for encoding in ("utf-8", "ascii"):
            monkeypatch.setattr("sys.getfilesystemencoding", lambda encoding=encoding: encoding)
            assert pq.ParquetFile(library_path(tmp_path / name)).read()["a"].to_pylist() == [1]
        monkeypatch.undo()


def test_a_name_in_a_text_file_is_its_bytes(tmp_path: Path) -> None:
    write_text(tmp_path / "a", f"source = {GBK}")
    assert (tmp_path / "a").read_bytes() == b"source = " + "数据".encode("gbk")
