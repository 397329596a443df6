"""Examples as callers hand them over: whatever the shape, the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from textrnn.data.columns import Columns
from textrnn.data.example_tables import examples_of
from textrnn.data.input_cells import split_columns
from textrnn.errors import DataError

COLUMNS = Columns(("title", "body"), "label", ("price",), ("shop",))
ROWS = [("a", "b", 1.5, "x"), ("c", "d", None, None), ("e", "f", 2, "y")]
TABLE: dict[str, list[Any]] = dict(zip(COLUMNS.inputs, map(list, zip(*ROWS, strict=True)), strict=True))


def frame() -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(TABLE | {"label": ["p", "q", "p"]})


SHAPES = {
    "tuples": lambda: ROWS,
    "columns": lambda: TABLE | {"more": [0, 0, 0]},
    "arrays": lambda: TABLE | {"title": np.array(TABLE["title"])},
    "rows": lambda: [
        {name: cell for name, cell in zip(COLUMNS.inputs, row, strict=True) if cell is not None} for row in ROWS
    ],
    "generator": lambda: (dict(zip(COLUMNS.inputs, row, strict=True)) for row in ROWS),
    "frame": frame,
    "arrow": lambda: pa.table(TABLE),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_rows(shape: str) -> None:
    assert examples_of(SHAPES[shape](), COLUMNS) == ROWS


def test_one_text_and_nothing_else_is_a_list_of_texts() -> None:
    plain = Columns(("body",))
    assert examples_of(["b", "d"], plain) == examples_of({"body": ["b", "d"]}, plain) == ["b", "d"]
    assert examples_of(frame(), plain) == ["b", "d", "f"]
    assert examples_of([{"body": "b"}], plain) == ["b"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("one text", r"texts: expected a list, found one string; write \[text\]"),
        (TABLE | {"body": ["b"]}, "expected columns of one length, found 1, 3"),
        ({name: TABLE[name] for name in ("title", "body", "shop")}, "expected a column 'price', found 'title'"),
        ([{"title": "a", "price": 1}], r"texts, row 1 .*: expected a column 'body', found 'title', 'price'"),
        ([{"title": "a", "body": "b"}, "c"], "texts, row 2 .*: expected a row with named columns as the others are"),
        (["a", "b"], "expected a table, or rows, with the columns 'title', 'body', 'price', 'shop', found 'a'"),
    ],
)
def test_what_is_no_such_table_is_refused(given: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        examples_of(given, COLUMNS)


def test_cells_are_taken_apart_and_joined() -> None:
    texts, tabular, _ = split_columns([("a\ud800", "b\u241ec", "1.5", True), ("", "d", "", 7)], COLUMNS)
    assert texts == ["a\ufffd \u241e b c", " \u241e d"]
    assert tabular["shop"] == ["true", "7"]
    assert tabular["price"][0] == 1.5
    assert np.isnan(tabular["price"][1])


@pytest.mark.parametrize(
    ("example", "message"),
    [
        (("a", "b", 1.0), "example 2: expected the columns 'title', 'body', 'price', 'shop'"),
        (("a", None, 1.0, "x"), "example 2, column 'body': expected a text, found null"),
        (("a", "b", "dear", "x"), "example 2, column 'price': expected a number from .* found 'dear'"),
        (("a", "b", float("inf"), "x"), "column 'price': expected a number"),
        (("a", "b", True, "x"), "column 'price': expected a number"),
        (
            ("a", "b", 1.0, 0.5),
            "column 'shop': expected a category, .* if the column holds numbers, list it in data.numeric",
        ),
        (("a", "b", 1.0, "x" * 1001), "column 'shop': expected a category of at most 1,000 characters"),
        (("a", "b", 1.0, "\ud800"), "column 'shop': expected a category of valid Unicode"),
    ],
)
def test_a_cell_that_is_none_is_named(example: tuple[object, ...], message: str) -> None:
    with pytest.raises(DataError, match=message):
        split_columns([ROWS[0], example], COLUMNS)
