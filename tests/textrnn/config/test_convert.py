"""Values of annotated fields: what is taken, what is refused, and how it is said where JSON of strangers is read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.bounds import Ge, Gt, Le, Len, Lt
from textrnn.config.convert import InvalidValue, convert
from textrnn.config.from_json import from_json
from textrnn.config.parse import describe
from textrnn.errors import ModelError


@dataclass(frozen=True)
class Inner:
    size: Annotated[int, Ge(1), Le(16)]
    kind: Literal["lstm", "gru"] = "lstm"


@dataclass(frozen=True)
class Outer:
    inner: Inner
    share: Annotated[float, Ge(0), Lt(1)] = 0.5
    names: Annotated[tuple[str, ...], Len(1)] = ("a",)
    weights: Mapping[str, float] = field(default_factory=dict)
    rate: Annotated[float, Gt(0)] | Literal["auto"] = "auto"
    free: Any = None
    mark: Annotated[str, Len(1, 1)] | None = None


TAKEN = [
    (1, int, 1),
    (1, float, 1.0),
    (2**70, float, float(2**70)),
    ("x", str, "x"),
    (None, str | None, None),
    (True, bool, True),
    (0.25, Annotated[float, Gt(0), Lt(1)], 0.25),
    ([1, 2], tuple[int, ...], (1, 2)),
    ((), tuple[str, ...], ()),
    ({"a": 1}, dict[str, float], {"a": 1.0}),
    ({"a": [1]}, Any, {"a": [1]}),
    ("auto", float | Literal["auto"], "auto"),
    (";", Annotated[str, Len(1, 1)] | None, ";"),
]
REFUSED = [
    (True, int),
    (1.0, int),
    ("1", int),
    (None, int),
    (True, float),
    ("0.5", float),
    (10**400, float),
    (1, str),
    (b"x", str),
    (1, bool),
    (0, bool),
    (math.nan, Annotated[float, Ge(0)]),
    (math.nan, Annotated[float, Lt(1)]),
    (0, Annotated[int, Gt(0)]),
    (1, Annotated[float, Lt(1)]),
    (17, Annotated[int, Le(16)]),
    (True, Literal[1]),
    ("LSTM", Literal["lstm"]),
    ("ab", tuple[str, ...]),
    ((1,), tuple[str, ...]),
    ((), Annotated[tuple[str, ...], Len(1)]),
    ({"a": "b"}, dict[str, float]),
    ({1: 1.0}, dict[str, float]),
    ([], dict[str, float]),
    ("ab", Annotated[str, Len(1, 1)]),
    ([], Inner),
    (2.5, int | Literal["auto"]),
]


@pytest.mark.parametrize(("value", "hint", "expected"), TAKEN, ids=str)
def test_what_a_field_takes(value: object, hint: Any, expected: object) -> None:
    found = convert(value, hint)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("value", "hint"), REFUSED, ids=lambda part: str(part)[:40])
def test_what_a_field_refuses(value: object, hint: Any) -> None:
    with pytest.raises(InvalidValue):
        convert(value, hint)


@given(st.integers(-3, 20) | st.floats() | st.text(max_size=3) | st.booleans() | st.none())
def test_a_bound_is_that_of_its_sign(value: Any) -> None:
    number = type(value) is int
    expected = number and 1 <= value <= 16
    try:
        assert convert(value, Annotated[int, Ge(1), Le(16)]) == value
        assert expected
    except InvalidValue:
        assert not expected


NUMBER = st.none() | st.booleans() | st.integers(-3, 5) | st.floats(-3, 5) | st.just(math.nan) | st.just("auto")
BOUNDS = st.lists(st.builds(lambda kind, limit: kind(limit), st.sampled_from([Gt, Ge, Lt, Le]), st.integers(-1, 3)))


@given(NUMBER, BOUNDS, BOUNDS)
def test_bounds_of_a_union_hold_for_its_numbers(value: Any, inner: list[Any], outer: list[Any]) -> None:
    """The strict meaning: None and the word as they are, a number within all bounds, wherever they stand."""
    number = type(value) in (int, float)
    within = number and all(mark.holds(value) for mark in [*inner, *outer])
    expected = value is None or value == "auto" or within
    hint = Annotated[Annotated[float, "inner", *inner] | Literal["auto"] | None, "outer", *outer]
    try:
        found = convert(value, hint)
        assert expected
        assert found is value or found == value
    except InvalidValue:
        assert not expected


@given(st.none() | st.text(max_size=3) | st.integers(0, 3), st.integers(0, 3))
def test_a_length_of_a_union_holds_for_what_has_one(value: Any, low: int) -> None:
    expected = not isinstance(value, str) or len(value) >= low
    try:
        assert convert(value, Annotated[str | int | None, Len(low)]) == value
        assert expected
    except InvalidValue:
        assert not expected


@pytest.mark.parametrize("hint", [Annotated[str | None, Gt(0)], Annotated[int | None, Len(1)]])
def test_a_bound_that_holds_nothing_is_refused(hint: Any) -> None:
    with pytest.raises(TypeError, match="expected a type with the bound"):
        convert(None, hint)


def test_bounds_of_a_union_are_told() -> None:
    assert describe(Annotated[float | Literal["auto"] | None, Gt(0)]) == "a number, more than 0, 'auto', or nothing"


def test_a_table_is_a_dataclass_with_its_defaults() -> None:
    data = {"inner": {"size": 3, "more": 1}, "share": 0, "names": ["b", "c"], "rate": 2, "unknown": {}}
    found = from_json(Outer, json.dumps(data).encode(), "config.json")
    assert found == Outer(Inner(3), 0.0, ("b", "c"), {}, 2.0)
    assert type(found.share) is type(found.rate) is float


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"inner": {"size": 0}}', "inner.size: expected an integer, at least 1, at most 16, found 0"),
        ('{"inner": {"size": true}}', "inner.size: expected an integer, at least 1, at most 16, found True"),
        ('{"inner": {"size": "3"}}', "inner.size: expected an integer, at least 1, at most 16, found '3'"),
        ('{"inner": {}}', "inner.size: expected an integer, at least 1, at most 16, found none"),
        ('{"inner": {"size": 1, "kind": "rnn"}}', "inner.kind: expected 'lstm' or 'gru', found 'rnn'"),
        ('{"inner": []}', "inner: expected a table, found []"),
        ('{"inner": {"size": 1}, "share": NaN}', "share: expected a number, at least 0, less than 1, found nan"),
        ('{"inner": {"size": 1}, "names": ["a", 1]}', "names.1: expected a string, found 1"),
        ('{"inner": {"size": 1}, "weights": {"x": null}}', "weights.x: expected a number, found None"),
        ("[1]", "expected a table, found [1]"),
        ("[1", "expected JSON, but Expecting ',' delimiter: line 1 column 3 (char 2)"),
    ],
)
def test_json_of_strangers_is_refused_in_one_line(data: str, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        from_json(Outer, data.encode(), "config.json")
    assert str(caught.value) == f"config.json: {message}"


@pytest.mark.parametrize(
    "data", [b"\xff\xfe{\x00}\x00", b"\x80", b"[" * 100_000, b"1" * 10_000], ids=["utf-16", "bytes", "deep", "long"]
)
def test_bytes_that_are_no_json_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match="expected JSON"):
        from_json(Outer, data, "config.json")
