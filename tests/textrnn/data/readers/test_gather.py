"""Cells as examples: the same checks for every format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from textrnn.data.columns import Columns
from textrnn.data.readers.gather import GatheredExamples, gather
from textrnn.errors import DataError


def _gather(cells: Iterable[tuple[object, object]], max_rows: int = 100, **more: Any) -> GatheredExamples:
    return gather(enumerate(cells, start=1), Columns(), "x.csv", max_rows=max_rows, max_characters=10, **more)


def test_counts_what_it_changes() -> None:
    found = _gather([("a" * 11, "p"), ("b\ud800\udfff", " p"), ("", "q\t"), ("\x00", "q")])
    assert found.examples.texts == ["a" * 10, "b\ufffd\ufffd", "", "\x00"]
    assert found.examples.labels == ["p", "p", "q", "q"]
    assert found.examples.rows.tolist() == [1, 2, 3, 4]
    assert (found.cut, found.surrogates, found.trimmed, found.nuls) == (1, 2, 2, 1)


def test_labels_stay_as_they_came() -> None:
    assert _gather([("a", "01"), ("b", "1"), ("c", "1.0")]).examples.labels == ["01", "1", "1.0"]
    numpy = _gather([("a", np.int8(3)), (np.str_("b"), -1)]).examples
    assert numpy.labels == [3, -1]
    assert {type(cell) for cell in (*numpy.labels, *numpy.texts)} == {int, str}
    assert _gather([("a", 2**63 - 1), ("b", -(2**63))]).examples.labels == [2**63 - 1, -(2**63)]
    untrimmed = gather([(1, ("a", " p")), (2, ("b", "p"))], Columns(), "x", max_rows=9, max_characters=9, trim=False)
    assert untrimmed.examples.labels == [" p", "p"]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ((None, "a"), r"row 2 \(counted from 1\), column 'text': expected a text, found null"),
        ((7, "a"), "expected a text, found a number 7"),
        ((["a"], "a"), r"expected a text, found a list \['a'\]"),
        (
            ("b", None),
            r"row 2 \(counted from 1\), column 'label': expected a label, a string or an integer, found none \(null\)",
        ),
        (("b", ""), r"row 2 \(counted from 1\), column 'label': expected a label, found an empty one"),
        (("b", " \t"), "found an empty one"),
        (("b", True), "found true or false True"),
        (("b", np.True_), "expected a label, a string or an integer"),
        (("b", 1.0), "found a number 1.0"),
        (("b", {"x": 1}), "found an object"),
        (("b", 1), "found 'a' and then 1; write them one way"),
        (("b", "\ud800"), "found a lone surrogate"),
        (("b", 2**63), "at most 64 bits"),
        (("b", -(2**63) - 1), "at most 64 bits"),
    ],
)
def test_refused_with_the_row(cell: tuple[object, object], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        _gather([("fine", "a"), cell])
    assert str(caught.value).startswith("x.csv, row 2")


def test_caps() -> None:
    assert len(_gather([("a", "b")] * 3, max_rows=3).examples) == 3
    with pytest.raises(DataError, match=r"row 4 \(counted from 1\): expected at most 3 rows"):
        _gather([("a", "b")] * 4, max_rows=3)
    with pytest.raises(
        DataError,
        match=r"row 3 \(counted from 1\): expected at most 2 classes, found more; is 'label' the label column\?",
    ):
        _gather([("a", "b"), ("a", "c"), ("a", "d")], max_labels=2)
    with pytest.raises(
        DataError,
        match=r"row 2 \(counted from 1\): expected at most 5 bytes of text in all, found more; .*data\.max_bytes",
    ):
        _gather([("\u00e9\u00e9", "b"), ("cd", "c")], max_bytes=5)
    assert len(_gather([("\u00e9\u00e9", "b"), ("c", "c")], max_bytes=5).examples) == 2


def test_nothing_to_learn_from() -> None:
    with pytest.raises(DataError, match="found no rows"):
        _gather([])
    with pytest.raises(DataError, match=r"found all 2 empty; is it the text column\?"):
        _gather([("", "a"), (" \n", "b")])
