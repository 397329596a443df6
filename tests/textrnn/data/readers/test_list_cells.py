"""Lists written into one cell: read where they say what they are, refused where they do not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from textrnn.config.data import DataConfig, TargetKind
from textrnn.data.load import load_corpus
from textrnn.data.readers.label_readers import label_reader
from textrnn.data.readers.list_cells import parse_list
from textrnn.errors import DataError, RowError

NAMES = st.lists(st.text(max_size=8), max_size=4)
WORDS = st.lists(st.text("abc xyz_-é好", min_size=1, max_size=6).filter(lambda word: word == word.strip()), max_size=4)


@given(NAMES)
@example(["'\x1f"])
@example(['a"b\\c'])
def test_what_json_and_python_write_is_read(names: list[str]) -> None:
    assert parse_list(json.dumps(names)) == names
    assert parse_list(json.dumps(names, ensure_ascii=False, indent=1)) == names
    assert parse_list(f" {names!r} ") == names
    assert parse_list(repr(tuple(names))) == names
    assert sorted(parse_list(repr(set(names))) or []) == sorted(set(names))
    assert sorted(parse_list(repr(frozenset(names))) or []) == sorted(set(names))


@given(WORDS)
def test_what_numpy_and_postgresql_write_is_read(names: list[str]) -> None:
    array = np.array(names, dtype=object)
    assert parse_list(str(array)) == names
    assert parse_list(repr(array)) == names
    assert parse_list("{" + ",".join(names) + "}") == names
    assert parse_list("{" + ",".join(f'"{name}, {name}"' for name in names) + "}") == [f"{n}, {n}" for n in names]


@given(st.text("[]{}()'\",ab \\\n:1n.", max_size=14))
def test_any_cell_is_read_or_refused(cell: str) -> None:
    try:
        found = parse_list(cell)
    except RowError:
        return
    assert found is None or all(isinstance(name, str) for name in found)


@pytest.mark.parametrize("cell", ["", "a", "a, b", "[urgent]", "[a], [b]", "(a, b)", "a [b]", "list of a", "{a} {b}"])
def test_what_is_no_list_stays_what_it_is(cell: str) -> None:
    assert parse_list(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "[a, b]",
        "['a'",
        '["a", "b',
        "['a', None]",
        '["a", null]',
        "[nan]",
        "{'a': 1}",
        "[['a'], ['b']]",
        "['a' 'b', 'c']",
        "['a''b']",
        "['a''b''c']",
    ],
)
def test_what_can_only_be_a_list_is_refused_with_the_way_out(cell: str) -> None:
    with pytest.raises(RowError, match="JSON list") as caught:
        parse_list(cell)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["multi", "path"])
@pytest.mark.parametrize("cell", ['["a, b", "c"]', "['a, b', 'c']", "['a, b' 'c']", '{"a, b",c}', ["a, b", "c"]])
def test_targets_of_several_names_read_them(kind: TargetKind, cell: object) -> None:
    found = label_reader(kind, "y", trim=True, max_labels=9).take(cell)
    assert found == (("a, b", "c") if kind == "multi" else "a, b > c")
    assert label_reader("single", "y", trim=True, max_labels=9).take(str(cell)) == str(cell)


def test_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    cells = [str(["parking", "fee"][: 1 + i % 2]) for i in range(40)]
    path.write_text("text,label\n" + "".join(f'made text {i},"{cell}"\n' for i, cell in enumerate(cells)))
    assert load_corpus(DataConfig(source=str(path), target="multi")).target.classes == ("fee", "parking")
    warnings = load_corpus(DataConfig(source=str(path))).checks["warnings"]
    assert any(
        warning.startswith(
            "labels look like lists: \"['parking', 'fee']\", \"['parking']\"; for several labels per text use"
        )
        for warning in warnings
    )
    path.write_text(path.read_text() + "a,\"['parking'\"\n")
    with pytest.raises(DataError, match=r"row 41 after the header \(line 42\), column 'label': expected a whole list"):
        load_corpus(DataConfig(source=str(path), target="multi"))
    skipped = load_corpus(DataConfig(source=str(path), target="multi", on_bad_row="skip"))
    assert skipped.checks["bad_rows"]["rows"] == 1
