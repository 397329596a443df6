"""Rounded rows: near to what they were, and refused where their scales are no good."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from numpy.typing import NDArray

from textrnn.errors import ModelError
from textrnn.storage.increasing_integers import decode_increasing, encode_increasing
from textrnn.storage.rounded_rows import restore_rows, round_rows

NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32)
WEIGHT = np.array([[1, -2, 0.5, 4], [0, 0, 0, 0], [-1e-3, 2e-3, 0, 1e-3]], np.float32)


@given(
    arrays_of.arrays(np.float32, st.tuples(st.integers(0, 4), st.integers(0, 3).map(lambda n: 2 * n)), elements=NUMBERS)
)
def test_rows_come_back_to_half_a_step(weight: NDArray[np.float32]) -> None:
    for bits, largest in ((8, 127), (4, 7)):
        made = round_rows("w", weight, bits)  # type: ignore[arg-type]
        found = restore_rows(made, "f")["w"]
        assert (found.dtype, found.shape) == (np.float32, weight.shape)
        highest = np.abs(weight).max(axis=1, initial=0, keepdims=True)
        step = highest / largest
        error = np.abs(found.astype(np.float64) - weight)
        if bits == 8:
            assert (error <= 0.5001 * step + 1e-38).all()
        whole = round_rows("w", weight, 8)
        assert set(made) == set(whole) == {"w", "w.scale"}
        assert (error.max(axis=1, initial=0) <= 0.51 * highest[:, 0] + 1e-38).all()


def test_four_bits_take_half_the_bytes_and_the_scale_of_the_least_error() -> None:
    chance = np.random.default_rng(0)
    weight = chance.normal(size=(50, 16)).astype(np.float32)
    weight[:, 3] *= 20  # of no weight in the metric: what is cut there costs nothing
    metric = np.eye(16, dtype=np.float32)
    metric[3, 3] = 0
    made = round_rows("w", weight, 4, metric)
    assert made["w"].nbytes == weight.size // 2
    errors = [
        np.square((restore_rows(round_rows("w", weight, 4, each), "f")["w"] - weight) @ metric).sum()
        for each in (metric, None)
    ]
    assert errors[0] < 0.5 * errors[1]


def test_weights_of_three_dimensions_have_a_scale_a_row_too() -> None:
    weight = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    found = restore_rows(round_rows("w", weight), "f")["w"]
    assert found.shape == weight.shape
    assert np.abs(found - weight).max() < 0.02


@pytest.mark.parametrize("scale", [np.nan, np.inf, -np.inf, -1.0, 0.0, 3e38])
def test_scales_that_are_no_positive_finite_number_are_refused(scale: float) -> None:
    made = round_rows("w", WEIGHT)
    made["w.scale"][1] = scale
    with pytest.raises(ModelError, match=r"^f: w\.scale: expected positive finite numbers, found others$"):
        restore_rows(made, "f")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"w.scale": np.ones(2, np.float32)}, r"w\.scale: expected float32 of the shape \(3,\), one a row of w, found"),
        ({"w.scale": np.ones((3, 1), np.float32)}, r"found float32 of the shape \(3, 1\)"),
        ({"w.scale": np.ones(3)}, r"found float64 of the shape \(3,\)"),
        ({"w": WEIGHT}, r"w: expected rows of int8, or of uint8 pairs, found float32 of the shape \(3, 4\)"),
        ({"w": np.zeros(3, np.int8)}, r"found int8 of the shape \(3,\)"),
        ({"w": np.zeros((3, 1, 1), np.uint8)}, r"found uint8 of the shape \(3, 1, 1\)"),
    ],
)
def test_rows_and_scales_that_do_not_match_are_refused(changed: dict[str, NDArray[Any]], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        restore_rows(round_rows("w", WEIGHT) | changed, "f")


@given(st.lists(st.integers(0, (1 << 55) - 1), unique=True).map(sorted))
def test_rising_integers_come_back(values: list[int]) -> None:
    data = encode_increasing(np.array(values, np.int64))
    assert decode_increasing(data).tolist() == values
    assert len(data) <= 8 * len(values)


@given(st.binary(max_size=40))
def test_any_bytes_are_rising_integers_or_refused(data: bytes) -> None:
    try:
        found = decode_increasing(np.frombuffer(data, np.uint8))
    except ValueError:
        return
    assert len(found) == sum(byte < 128 for byte in data)
    assert (np.diff(found, prepend=-1) > 0).all()


def test_bytes_that_lie_are_refused() -> None:
    for data, said in (
        ([1, 128], "the last number is not whole"),
        ([128], "the last number is not whole"),
        ([*[255] * 8, 1], "a number has 9 bytes"),
        ([*[255] * 7, 127] * 100, "the numbers rise too far"),
    ):
        with pytest.raises(ValueError, match=said):
            decode_increasing(np.array(data, np.uint8))
