"""Texts and labels in the shapes and types that people have them."""

from __future__ import annotations

import decimal
import enum
import fractions
import warnings
from collections.abc import Callable
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.columns import Columns
from textrnn.data.example_tables import examples_of
from textrnn.data.label_format import is_valid_format
from textrnn.data.label_input import as_labels
from textrnn.data.label_output import classes_of, restore_labels
from textrnn.data.sample_weight import parse_sample_weight
from textrnn.data.target import target_of
from textrnn.errors import DataError, DataTypeError

TEXTS = ["a b", "c", "d e"]
INDEX = [7, 7, 3]
Number = enum.IntEnum("Number", {"NONE": 0, "ONE": 1})


class Colour(str, enum.Enum):  # noqa: UP042  # as code before Python 3.11 has it
    RED, BLUE = "red", "blue"


Make = Callable[[list[Any]], Any]

# how a column may be held
HOLDERS: dict[str, Make] = {
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "generator": lambda cells: (cell for cell in cells),
    "array": np.array,
    "array of objects": lambda cells: np.array(cells, dtype=object),
    "array (n, 1)": lambda cells: np.array(cells, dtype=object)[:, None],
    "masked array": lambda cells: np.ma.MaskedArray(np.array(cells, dtype=object)),
    "matrix": lambda cells: np.asmatrix(np.array(cells, dtype=object)).T,
    "list of lists of one": lambda cells: [[cell] for cell in cells],
    "list of arrays of one": lambda cells: [np.array([cell], dtype=object) for cell in cells],
    "series": lambda cells: pd.Series(cells, index=INDEX),
    "series of objects": lambda cells: pd.Series(cells, index=INDEX, dtype=object),
    "categorical": pd.Categorical,
    "categorical series": lambda cells: pd.Series(cells, index=INDEX, dtype="category"),
    "converted series": lambda cells: pd.Series(cells).convert_dtypes(),
    "index": pd.Index,
    "frame of one column": lambda cells: pd.DataFrame({"whatever": cells}, index=INDEX),
    "arrow": pa.array,
    "chunked arrow": lambda cells: pa.chunked_array([cells[:1], cells[1:]]),
    "dictionary arrow": lambda cells: pa.array(cells).dictionary_encode(),
    "list of arrow scalars": lambda cells: list(pa.array(cells)),
    "arrow table": lambda cells: pa.table({"whatever": cells}),
    "datasets column": lambda cells: datasets.Dataset.from_dict({"text": cells})["text"],
    "dataset of one column": lambda cells: datasets.Dataset.from_dict({"whatever": cells}),
    "keys of a mapping": lambda cells: dict.fromkeys(cells).keys() if len(set(cells)) == len(cells) else cells,
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_texts_are_taken_from_whatever_holds_them(holder: str) -> None:
    assert examples_of(HOLDERS[holder](TEXTS), Columns()) == TEXTS


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize(
    ("cells", "form"),
    [(["x", "y", "x"], "plain"), ([2, 10, -1], "plain"), ([2.0, 10.0, -1.0], "float"), ([True, False, True], "bool")],
)
def test_labels_are_taken_from_whatever_holds_them(holder: str, cells: list[Any], form: str) -> None:
    found = as_labels(HOLDERS[holder](cells), "single")
    assert found.labels == cells
    assert {type(label) for label in found.labels} <= {str, int}
    converted = holder == "converted series" and form == "float"  # pandas' own conversion makes integers of them
    assert found.form == ("plain" if converted else form)
    numbers = [float(cell) if form != "plain" else index for index, cell in enumerate(cells)]
    assert as_labels(HOLDERS[holder](numbers), "number").labels == numbers
    target = target_of("single", found.labels)
    chosen = np.array([target.classes.index(label) for label in found.labels])
    back = restore_labels(target, found.form, chosen)
    assert back.tolist() == cells
    assert type(back.tolist()[0]) is (int if converted else type(cells[0]))
    assert set(classes_of(target, found.form).tolist()) == set(cells)


@pytest.mark.parametrize(
    "labels",
    [
        torch.tensor([1, 0, 1]),
        [torch.tensor(1), torch.tensor(0), torch.tensor(1)],
        np.array([1, 0, 1], dtype=np.uint8),
        pd.Series([1, 0, 1], dtype="Int64"),
        pd.Series([1, 0, 1], dtype="Int64").to_frame(),
        [np.int64(1), 0, np.int8(1)],
        [1, 0.0, 1],
        [decimal.Decimal(1), decimal.Decimal(0), decimal.Decimal("1.0")],
        [fractions.Fraction(1), 0, 1],
        [Number.ONE, Number.NONE, Number.ONE],
    ],
)
def test_integers_are_integers_whoever_wrote_them(labels: Any) -> None:
    assert as_labels(labels, "single").labels == [1, 0, 1]


def test_members_of_enumerations_are_the_strings_that_they_are() -> None:
    found = as_labels([Colour.RED, Colour.BLUE, Colour.RED], "single").labels
    assert [(type(label), label) for label in found] == [(str, "red"), (str, "blue"), (str, "red")]
    assert examples_of([Colour.RED], Columns()) == ["red"]


@pytest.mark.parametrize("make", [decimal.Decimal, fractions.Fraction, float])
def test_exact_numbers_are_numbers(make: Any) -> None:
    assert as_labels([make("0.5"), make("-3")], "number").labels == [0.5, -3.0]
    assert parse_sample_weight([make("0.5"), make("3")], 2).tolist() == [0.5, 3.0]  # type: ignore[union-attr]


def test_a_label_keeps_its_last_character_whatever_it_is() -> None:
    target = target_of("single", ["a\0", "a"])
    assert restore_labels(target, "plain", np.array([0, 1])).tolist() == ["a", "a\0"]


@pytest.mark.parametrize(
    ("weights", "kind", "words"),
    [
        ([1, None], DataError, "sample_weight, row 2 .*: expected a number, found a missing value"),
        ([1, float("nan")], DataError, "sample_weight, row 2 .*: expected a number, found a missing value"),
        ([1, 10**400], DataError, "sample_weight, row 2 .*: expected a finite number, not below 0, found inf"),
        ([1, -(10**400)], DataError, "row 2 .*, found -inf"),
        ([1, fractions.Fraction(10**400)], DataError, "row 2 .*, found inf"),
        ([1, "2"], DataTypeError, "row 2 .*: expected a number, found '2'"),
    ],
)
def test_a_weight_that_is_none_is_named_by_its_row(weights: Any, kind: type[DataError], words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        parse_sample_weight(weights, 2)
    assert type(caught.value) is kind


def test_weights_are_flags_too_and_their_sum_is_finite() -> None:
    assert parse_sample_weight(np.array([True, False]), 2).tolist() == [1.0, 0.0]  # type: ignore[union-attr]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what numpy warns about a sum that overflows is for nobody
        assert parse_sample_weight([1.5e308, 0.75e308], 2).tolist() == [1.0, 0.5]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("number", "kind"),
    [(None, DataError), (True, DataTypeError), (pd.Timestamp(0), DataTypeError), (1j, DataTypeError)],
)
def test_what_is_no_number_is_reported_in_python_s_words(number: Any, kind: type[DataError]) -> None:
    with pytest.raises(DataError, match=r"labels, row 2 .*: expected a number, found") as caught:
        as_labels([1.0, number], "number")
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "flags",
    [
        [True, False, True],
        [np.bool_(True), False, np.bool_(True)],
        np.array([True, False, True]),
        pd.Series([True, False, True], dtype="boolean"),
        torch.tensor([True, False, True]),
    ],
)
def test_flags_are_flags_whoever_wrote_them(flags: Any) -> None:
    found = as_labels(flags, "single")
    assert (found.labels, found.form) == ([1, 0, 1], "bool")
    assert classes_of(target_of("single", found.labels), found.form).tolist() == [False, True]


NOTHING = [None, float("nan"), np.nan, np.float32("nan"), pd.NA, pd.NaT, decimal.Decimal("NaN")]


@pytest.mark.parametrize("nothing", NOTHING)
def test_a_missing_text_is_empty_and_a_missing_label_refused(nothing: Any) -> None:
    frame = pd.DataFrame({"title": ["x", nothing], "body": [nothing, "y"]})
    assert examples_of(["a", nothing], Columns()) == ["a", ""]
    assert examples_of(pd.Series(["a", nothing]), Columns()) == ["a", ""]
    assert examples_of([{"text": nothing}], Columns()) == [""]
    both = Columns(("title", "body"))
    assert examples_of(frame, both) == examples_of(frame.to_dict("records"), both) == [("x", ""), ("", "y")]
    assert examples_of([("x", nothing), (nothing, "y")], both) == [("x", ""), ("", "y")]
    for labels in (["a", nothing], [1, nothing], [True, nothing], [1.0, nothing]):
        with pytest.raises(DataError, match=r"labels, row 2 .*: expected a label, found none"):
            as_labels(labels, "single")


def test_a_missing_cell_of_a_masked_array_is_missing() -> None:
    texts = np.ma.MaskedArray(np.array(["a", "b"]), mask=[False, True])
    assert examples_of(texts, Columns()) == examples_of(texts[:, None], Columns()) == ["a", ""]
    assert examples_of(pd.Series(["a", None], dtype="string"), Columns()) == ["a", ""]
    assert examples_of(pa.array(["a", None]), Columns()) == ["a", ""]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("one text", r"texts: expected a list, found one string; write \[text\]"),
        (b"one text", r"found one string; write \[text\]"),
        (None, "texts: expected a list with one text a row, found None"),
        (3, "texts: expected a list .*, found int 3"),
        ({"b", "a"}, "texts: expected a list .*, found set .*, which has no order"),
        (np.array("text"), "texts: expected a list .*, found ndarray"),
        (
            np.array([["a", "b"]]),
            r"expected one text a row, found an array of the shape \(1, 2\); for several columns",
        ),
        ([["a", "b"]], "texts, row 1 .*: expected a text, found list .*; for several columns pass a data frame"),
        ([b"a"], r"texts, row 1 .*: expected a text, found bytes; write text\.decode\(\)"),
        (["a", 1.5], r"texts, row 2 .*: expected a text, found float 1\.5; write str\(text\)"),
        ({"text": ["a", 2]}, "texts, row 2 .*, column 'text': expected a text, found int 2"),
        ({"text": "a"}, "texts, column 'text': expected a list, found one string"),
        ({"title": ["a"], "body": ["b"]}, "texts: expected a column 'text', found 'title', 'body'"),
    ],
)
def test_what_is_no_column_of_texts_is_reported_in_one_line(given: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        examples_of(given, Columns())
    assert "\n" not in str(caught.value)
    shape_alone = "shape" in str(caught.value) or "column 'text', found" in str(caught.value)
    assert isinstance(caught.value, DataTypeError) != shape_alone


@pytest.mark.parametrize(
    ("labels", "kind", "words"),
    [
        ("abc", "single", r"labels: expected a list, found one string; write \[label\]"),
        (None, "single", "labels: expected a list with one label a row, found None"),
        ({"a": 1}, "single", "labels: expected a list .*, found dict"),
        (["a", 1], "single", r"row 2 .*: .*found 'a' and then 1; write \[str\(label\) for label in labels\]"),
        ([True, 1], "single", r"row 2 .*: .*found True and then 1; write"),
        ([1, 2.5], "single", 'row 2 .*: .*found the float 2.5; for continuous numbers use target="number"'),
        ([b"a", b"b"], "single", r"row 1 .*: .*found bytes; write label\.decode\(\)"),
        (
            [["a", "b"], ["c"]],
            "single",
            'row 1 .*: expected one label, .*for several labels per text use target="multi"',
        ),
        (np.eye(3), "single", r'shape \(3, 3\); for several labels per text use target="multi"'),
        (pd.DataFrame({"a": [1], "b": [0]}), "single", 'found 2: .*target="multi"'),
        ([pd.Timestamp("2020-01-01")], "single", r"found Timestamp .*; write \[str\(label\)"),
        (None, "multi", "labels: expected a list with one label a row, found None"),
        (7, "number", "labels: expected a list with one label a row, found int 7"),
        ([[1, 2], [3]], "multi", r"found the lengths 1, 2; where they name classes, write \[\[str\(name\)"),
        ([[1, 2], [3, 4]], "multi", r"column '1': expected 0 or 1, found 2; where they name classes, write"),
        (np.eye(3), "single", r"shape \(3, 3\); .*for one-hot labels pass labels.argmax\(axis=1\)"),
        (np.array([["a", "b", "c"]]), "single", r"shape \(1, 3\); .* for a single row pass labels.ravel\(\)"),
        ([pd.Series([1, 2])], "single", "found Series"),
        (np.eye(3), "number", r"labels: expected one label a row, found an array of the shape \(3, 3\)"),
    ],
)
def test_what_is_no_column_of_labels_is_reported_in_one_line(labels: Any, kind: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        as_labels(labels, kind)
    assert "\n" not in str(caught.value)


@given(st.lists(st.lists(st.sampled_from(["b", "a", "10", "9"]), max_size=4), min_size=1, max_size=8))
def test_sets_of_labels_are_the_same_whatever_holds_them(sets: list[list[str]]) -> None:
    wanted = [tuple(sorted(set(labels))) for labels in sets]
    for kind in (list, tuple, set, frozenset, lambda labels: np.array(labels, dtype=object)):
        assert as_labels([kind(labels) for labels in sets], "multi").labels == wanted
    assert as_labels(pd.Series(sets, dtype=object), "multi").labels == wanted
    assert as_labels(pa.array(sets, pa.list_(pa.string())), "multi").labels == wanted


def test_a_form_must_be_one_of_its_target() -> None:
    numbers, names, several = target_of("single", [0, 1]), target_of("single", ["a", "b"]), target_of("multi", [("a",)])
    assert all(is_valid_format(numbers, form) for form in ("plain", "bool", "float"))
    assert not is_valid_format(target_of("single", [0, 2]), "bool")
    assert not any(is_valid_format(names, form) for form in ("bool", "float", "indicator"))
    assert not is_valid_format(several, "bool")
    assert is_valid_format(several, "sparse indicator")
