"""JSON Lines: strict where `json` is lenient."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.readers.jsonlines import read_jsonlines
from textrnn.data.readers.rows import Row, refuse_bad_rows
from textrnn.errors import DataError


def _read(path: Path, data: str) -> list[Row]:
    path.write_bytes(data.encode())
    return list(refuse_bad_rows(read_jsonlines(path, None, ("text", "label"))))


@given(st.lists(st.tuples(st.text(), st.text() | st.integers()), max_size=5), st.booleans())
def test_reads_back_what_json_writes(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str | int]], last_end: bool
) -> None:
    data = "\n\n".join(json.dumps({"id": {"a": [1]}, "label": label, "text": text}) for text, label in cells)
    path = tmp_path_factory.getbasetemp() / "written.jsonl"
    found = _read(path, data + "\n" * last_end)
    assert found == list(enumerate(cells, start=1))


GOOD = '{"text": "a", "label": "b"}\n'


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "a", "label": "b', "the last line is cut"),
        ('{"text": "a", "label": }\n', "at character 24: Expecting value"),
        ('{"text": "a", "label": "b", "text": "c"}\n', "found 'text' more than once"),
        ('[{"text": "a", "label": "b"}]\n', "found an array"),
        ('{"text": "a", "label": NaN}\n', "found NaN, which JSON does not have"),
        ('{"text": "a", "label": -Infinity}\n', "found -Infinity"),
        ('{"text": "a", "label": ' + "[" * 100_000 + "}\n", "nested too deep"),
        ('{"text": "a", "label": ' + "9" * 5000 + "}\n", "expected JSON, but Exceeds the limit"),
        ('"text"\n', "expected one JSON object a line, found 'text'"),
        ('{"text": "a", "Label": "b"}\n', r"expected a column 'label', found .*; did you mean 'Label'\?"),
        (GOOD.rstrip() + "\r" + GOOD, "bare CR"),
        (GOOD.rstrip() + GOOD, "Extra data"),
    ],
)
def test_refused_with_row_and_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        _read(tmp_path / "a.jsonl", GOOD + "\n" + line)
    assert "a.jsonl, row 2 (counted from 1, line 3)" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value).replace(str(tmp_path), "")) < 220
