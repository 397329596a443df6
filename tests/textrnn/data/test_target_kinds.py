"""Kinds of target: what labels become, and what they are put together to."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.data.readers.label_readers import label_reader
from textrnn.data.target import Target, decode_labels, encode_labels, strata_of, target_of
from textrnn.errors import DataError, RowError

SETS = st.lists(st.sets(st.sampled_from("abcd")).map(lambda found: tuple(sorted(found))), min_size=1, max_size=30)
NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30).filter(lambda found: np.ptp(found) > 1e-3)


def test_an_order_is_that_of_the_numbers_or_as_named() -> None:
    assert target_of("single", [10, 9, 1]).classes == (1, 9, 10)
    assert target_of("ordinal", [10, 9, 1]).classes == (1, 9, 10)
    assert target_of("ordinal", ["10", "9", "1.5"]).classes == ("1.5", "9", "10")
    assert target_of("ordinal", ["good", "bad"], ("bad", "fair", "good")).classes == ("bad", "fair", "good")
    assert target_of("ordinal", [1, 3], ("3", "2", "1")).classes == (3, 2, 1)


@pytest.mark.parametrize(
    ("kind", "labels", "order", "said"),
    [
        ("ordinal", ["good", "bad"], (), "the lowest first"),
        ("ordinal", ["good", "bad", "odd"], ("bad", "good"), "'odd'"),
        ("ordinal", [1, 2], ("one", "two"), "data.classes"),
        ("number", [2.0, 2.0], (), "different numbers"),
        ("number", [0.0, 1e-242], (), "different numbers"),
        ("multi", [(), ()], (), "none on any"),
        ("path", ["a > b", "a > b"], (), "at least two classes"),
    ],
)
def test_labels_that_show_no_target_are_refused(kind: Any, labels: Any, order: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        target_of(kind, labels, order)


def test_class_groupings_are_the_steps_of_an_order_and_the_levels_above_the_last_of_a_path() -> None:
    assert Target("ordinal", (1, 2, 3)).class_groupings.tolist() == [[0, 1, 1], [0, 0, 1]]
    classes = ("a > x > 1", "a > x > 2", "a > y > 1", "b > x")
    assert Target("path", classes).class_groupings.tolist() == [[0, 0, 0, 1], [0, 0, 1, 2]]
    assert Target("single", ("a", "b")).class_groupings.shape == (0, 2)


@given(SETS)
def test_several_labels_come_back(labels: list[tuple[str, ...]]) -> None:
    if not any(labels):
        return
    target = target_of("multi", labels)
    members = encode_labels(target, labels)
    assert members.dtype == np.float32
    assert members.sum(axis=1).tolist() == list(map(len, labels))
    assert decode_labels(target, members) == labels
    rarest = strata_of(target, labels)
    for label, code in zip(labels, rarest, strict=True):
        counts = {name: sum(name in other for other in labels) for name in label}
        assert (code == -1) == (not label)
        assert not label or counts[target.names[int(code)]] == min(counts.values())


@given(NUMBERS)
def test_numbers_come_back_and_json_keeps_their_scale(labels: list[float]) -> None:
    target = target_of("number", labels)
    assert decode_labels(target, encode_labels(target, labels)) == labels
    assert Target.from_json(json.loads(json.dumps(target.to_json()))) == target
    assert target.centre == pytest.approx(np.mean(labels))
    assert set(strata_of(target, labels)) <= set(range(10))


@pytest.mark.parametrize(
    "plain",
    [
        {"kind": "several", "classes": ["a"]},
        {"kind": "multi", "classes": [1, 2]},
        {"kind": "number", "classes": []},
        {"kind": "number", "classes": ["a"], "centre": 0, "scale": 1},
        {"kind": "number", "classes": [], "centre": 0, "scale": 0},
        {"kind": "number", "classes": [], "centre": float("nan"), "scale": 1},
        {"kind": "number", "classes": [], "centre": True, "scale": 1},
    ],
)
def test_json_of_no_target_is_refused(plain: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="target"):
        Target.from_json(plain)


# --- cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "cell", "label"),
    [
        ("multi", ["b", " a ", "b"], ("a", "b")),
        ("multi", "b, a", ("a", "b")),
        ("multi", " ", ()),
        ("multi", [], ()),
        ("path", "a>b > c", "a > b > c"),
        ("path", ["a", "b"], "a > b"),
        ("number", " -1.5e3 ", -1500.0),
        ("number", 7, 7.0),
        ("number", ".5", 0.5),
        ("ordinal", " good ", "good"),
    ],
)
def test_a_cell_becomes_a_label(kind: Any, cell: object, label: object) -> None:
    assert label_reader(kind, "y", trim=True, max_labels=10).take(cell) == label


def test_another_separator() -> None:
    assert label_reader("multi", "y", trim=True, max_labels=10, separator="|").take("a, b|c") == ("a, b", "c")
    assert label_reader("path", "y", trim=True, max_labels=10, separator="/").take("a/b") == "a > b"
    with pytest.raises(DataError, match="without ' > '"):
        label_reader("path", "y", trim=True, max_labels=10, separator="/").take("a > b/c")


@pytest.mark.parametrize(
    ("kind", "cell", "said"),
    [
        ("multi", None, "expected labels"),
        ("multi", 3, "expected labels"),
        ("multi", ["a", 1], "a number 1"),
        ("multi", ["a", " "], "an empty one"),
        ("multi", "a,,b", "an empty one"),
        ("multi", ["\ud800"], "lone surrogate"),
        ("path", "a > > b", "an empty one"),
        ("path", 5, "expected a path"),
        ("path", [], "expected a path"),
        ("number", "", "expected a number"),
        ("number", "1_000", "expected a number"),
        ("number", "1,5", "expected a number"),
        ("number", "nan", "expected a number"),
        ("number", float("nan"), "expected a number"),
        ("number", float("inf"), "expected a number"),
        ("number", 10**400, "expected a number"),
        ("number", "1e300", "expected a number"),
        ("number", True, "expected a number"),
        ("number", None, "expected a number"),
        ("single", ["a"], "multi"),
        ("single", 1.5, "number"),
    ],
)
def test_a_cell_that_is_no_label_is_told_with_its_column(kind: Any, cell: object, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        label_reader(kind, "y", trim=True, max_labels=10).take(cell)
    assert isinstance(caught.value, RowError)
    assert str(caught.value).startswith("column 'y': ")
    assert "\n" not in str(caught.value)


def test_too_many_labels() -> None:
    reader = label_reader("multi", "y", trim=True, max_labels=2)
    reader.take("a,b")
    with pytest.raises(DataError, match=r"^expected at most 2 classes"):
        reader.take("a,c")
