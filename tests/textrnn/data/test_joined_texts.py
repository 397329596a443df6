"""Several text columns as one text: joined when read, the sign between them a token of its own."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.data import DataConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.data_check import ReadingSummary, check_splits, describe_checks
from textrnn.data.examples import Examples
from textrnn.data.joined_texts import JoinedTexts
from textrnn.data.load import load_corpus
from textrnn.data.target import single_target
from textrnn.data.text_boundary import COLUMN_SEPARATOR, join_texts
from textrnn.evaluation.sections.methods import show_checks
from textrnn.text.tokenize import tokenize_texts

CELLS = st.text(st.sampled_from("ab ,\u241e\u4e2d"), max_size=6)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=5), st.sampled_from(["words", "characters"]))
def test_each_column_ends_where_it_ends(rows: list[tuple[str, str, str]], unit: str) -> None:
    columns = [list(cells) for cells in zip(*rows, strict=True)] or [[], [], []]
    joined = JoinedTexts(columns)
    assert list(joined) == [joined[i] for i in range(len(rows))] == joined[:] == [join_texts(row) for row in rows]
    assert len(joined) == len(JoinedTexts(columns[:1])) == len(rows)
    config = TokenizeConfig(unit=unit)  # type: ignore[arg-type]
    table, words = tokenize_texts(joined, config)
    for row, found in zip(rows, words, strict=True) if len(rows) else ():
        said = [table[word] for word in found]
        assert said.count(COLUMN_SEPARATOR) == 2, "what stood in a cell is no end of one"
        apart = " ".join(said).split(COLUMN_SEPARATOR)
        for cell, part in zip(row, apart, strict=True):
            alone, numbers = tokenize_texts([cell.replace(COLUMN_SEPARATOR, " ")], config)
            assert part.split() == [alone[word] for word in numbers[0]]


def test_one_column_stays_as_it_is() -> None:
    assert join_texts([f"a {COLUMN_SEPARATOR} b"]) == f"a {COLUMN_SEPARATOR} b"


@given(
    st.integers(1, 3), st.lists(st.tuples(*[st.text(st.sampled_from("a \u3000\n\u241e"), max_size=3)] * 3), min_size=1)
)
def test_a_row_is_empty_where_no_column_has_a_visible_character(width: int, rows: list[tuple[str, ...]]) -> None:
    """What stands between columns is not counted; of several, the same sign in a cell is read as a blank."""
    columns = {f"column {i}": [row[i] for row in rows] for i in range(width)}
    labels = ["x" for _ in rows]
    examples = Examples(columns, labels, np.arange(1, len(rows) + 1))
    found = check_splits({"train": examples}, single_target(["x", "y"]), ReadingSummary())
    blanks = " \u3000\n" + COLUMN_SEPARATOR * (width > 1)
    empty = [i for i, row in enumerate(rows, start=1) if not "".join(row[:width]).strip(blanks)]
    assert found["splits"]["train"]["empty"] == len(empty)
    assert found["named"]["blank"] == [f"row {i}" for i in empty[:3]]
    by_column = {
        f"column {i}": [at for at, row in enumerate(rows, start=1) if not row[i].strip(blanks)]
        for i in range(width)
        if width > 1
    }
    counted = {name: (about["rows"], about["named"]) for name, about in found.get("empty_cells", {}).items()}
    assert counted == {name: (len(at), [f"row {i}" for i in at[:3]]) for name, at in by_column.items() if at}


@pytest.mark.parametrize(("columns", "empty"), [("body", (3, 8)), (("subject", "body"), (8,))])
def test_the_rows_of_a_table_without_a_text_are_named(
    columns: str | tuple[str, ...], empty: tuple[int, ...], tmp_path: Path
) -> None:
    cells = [[f"a lamp {i}", f"it broke {i}", "ab"[i % 2]] for i in range(40)]
    cells[2][1], cells[7][:2] = " ", ["", "\t"]
    with open(tmp_path / "rows.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["subject", "body", "label"], *cells])
    checks = load_corpus(DataConfig(source=str(tmp_path / "rows.csv"), text_column=columns)).checks
    assert sum(about["empty"] for about in checks["splits"].values()) == len(empty)
    said = [warning for warning in checks["warnings"] if "without a visible character" in warning]
    assert len(said) == 1
    assert all(f"row {row}" in said[0] for row in empty), said
    lines = [line for line in describe_checks(checks) if line.startswith("empty cells")]
    page = show_checks({"checks": checks})
    if columns == "body":  # its empty cells are empty texts
        assert lines == []
        return
    told = "counted from 1, the header left out)"
    assert lines[0] == f"empty cells of the text column 'subject': 1 of 40 rows (2.5%) (row 8; {told}"
    assert lines[1].startswith("empty cells of the text column 'body': 2 of 40 rows (5.0%) (row ")
    assert "2 of 40 rows (5.0%)" in page
