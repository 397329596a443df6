"""CSV and TSV: what is kept to the letter, and what is refused where."""

from __future__ import annotations

import csv
import gc
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.readers.delimited import read_delimited
from textrnn.data.readers.rows import Row, refuse_bad_rows
from textrnn.errors import DataError
from textrnn.machine import process_settings as process_wide

COLUMNS = ("text", "label")


def _read(path: Path, data: str | bytes, delimiter: str = ",") -> list[Row]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(refuse_bad_rows(read_delimited(path, None, delimiter, COLUMNS)))


# what CSV can carry whole: text, but no row of one blank line and no surrogates
_CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    st.lists(st.tuples(_CELL, _CELL), max_size=6), st.sampled_from([",", "\t", ";"]), st.sampled_from(["\n", "\r\n"])
)
def test_reads_back_what_csv_writes(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], delimiter: str, end: str
) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("label", "other", "text"), *((label, "x", text) for text, label in cells)])
    path = tmp_path_factory.getbasetemp() / "written.csv"
    assert _read(path, buffer.getvalue(), delimiter) == list(enumerate(cells, start=1))


def test_nothing_is_guessed(tmp_path: Path) -> None:
    cells = ["NA", "None", "01", "1.0", "", " x ", "true", "\x00", "nan"]
    data = "text,label\n" + "".join(f"{cell},{cell}\n" for cell in cells)
    assert [row for _, row in _read(tmp_path / "a.csv", data)] == [(cell, cell) for cell in cells]


def test_long_field_and_the_limit_put_back(tmp_path: Path) -> None:
    gc.collect()  # a reader that a test left in the middle holds the limit until it is collected
    before = csv.field_size_limit(131_071)
    long = "x" * 200_000
    assert _read(tmp_path / "a.csv", f"text,label\n{long},b\n") == [(1, (long, "b"))]
    assert csv.field_size_limit(before) == 131_071


def test_mark_blank_lines_and_no_last_line_end(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf\r\ntext,label\r\n\r\na,b\r\n\r\nc,d"
    assert _read(tmp_path / "a.csv", data) == [(1, ("a", "b")), (2, ("c", "d"))]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("\n", "found an empty file"),
        ("text,lable\na,b\n", r"expected a column 'label', found 'text', 'lable'; did you mean 'lable'\?"),
        ("text,label,text\na,b,c\n", "found 'text' more than once"),
        (
            'text,label\n"a\nb",c\n\nd\n',
            r"row 2 after the header \(line 5\): expected 2 fields, found 1; is a cell missing",
        ),
        (
            "text,label\na,b,c\n",
            r"row 1 after the header \(line 2\): expected 2 fields, found 3; a delimiter inside a text",
        ),
        ("review;stars\na;b\n", "the delimiter is likely ';'"),
        ("review\tstars\na\tb\n", r"the delimiter is likely '\\t'"),
        ("a text, long|label|name\n1|2|3\n", "expected a column 'text', found 'a text', ' long|label|name'"),
        ('text,label\na,b\n"c,d\ne,f\ng,h\n', r"row 2 after the header \(line 3\): expected a closing quote"),
        ('text,label\n"a" b,c\n', r"row 1 after the header \(line 2\): ',' expected after '\"'"),
        ("text,label\ra,b\rc,d\r", r"header \(line 1\): .*bare CR"),
        ("text,label\na,b\nc\rd,e\n", r"row 2 after the header \(line 3\): .*bare CR"),
    ],
)
def test_refused_in_one_line(tmp_path: Path, data: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        _read(tmp_path / "a.csv", data)
    assert "\n" not in str(caught.value)


def test_quote_that_never_closes_is_capped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_wide, "MAX_FIELD_CHARACTERS", 100)
    with pytest.raises(DataError, match=r"row 1 after the header \(line 2\): expected a closing quote"):
        _read(tmp_path / "a.csv", 'text,label\n"a,b\n' + "c,d\n" * 100)
