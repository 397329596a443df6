"""Our reader of safetensors against the library: what it reads is the same, what it refuses is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors import SafetensorError
from safetensors.numpy import load, save

from textrnn.errors import ModelError
from textrnn.storage.tensors import DTYPES, read_arrays

FORMATS = [np.dtype(dtype) for dtype in DTYPES.values()]
ARRAYS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
    st.sampled_from(FORMATS).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0))
    ),
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(ARRAYS)
def test_it_reads_what_the_library_wrote(arrays: dict[str, Any]) -> None:
    arrays.pop("__metadata__", None)
    found = read_arrays(save(arrays), "a")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_nothing_is_copied() -> None:
    data = save({"a": np.arange(1000, dtype=np.float32)})
    found = read_arrays(data, "a")["a"]
    assert found.base is not None
    assert np.shares_memory(found, np.frombuffer(data, np.uint8))
    assert not found.flags.writeable


def test_numbers_behind_a_header_of_an_odd_length_are_aligned() -> None:
    data = save({"a": np.arange(3, dtype=np.float64)})
    end = 8 + int.from_bytes(data[:8], "little")
    header = data[8:end].rstrip() + b" " * (1 + len(data[8:end].rstrip()) % 2)
    found = read_arrays(len(header).to_bytes(8, "little") + header + data[end:], "a")["a"]
    assert len(header) % 2
    assert found.tolist() == [0, 1, 2]
    assert found.flags.aligned


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_the_library_refuses_is_refused(data: st.DataObject) -> None:
    """A byte of the header or the length is another, or the file is cut or grown."""
    whole = save({"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.zeros(2, np.int64)})
    end = 8 + int.from_bytes(whole[:8], "little")
    place = data.draw(st.integers(0, end - 1))
    changed = bytearray(whole)
    changed[place] = data.draw(st.integers(0, 255))
    changed = changed[: data.draw(st.integers(0, len(changed)))] if data.draw(st.booleans()) else changed
    try:
        expected = load(bytes(changed))
    except (SafetensorError, ValueError, KeyError, TypeError):
        with pytest.raises(ModelError, match="a: expected safetensors"):
            read_arrays(bytes(changed), "a")
        return
    try:
        found = read_arrays(bytes(changed), "a")
    except ModelError:  # stricter: a name twice, a number that is written otherwise
        return
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[name], expected[name], equal_nan=found[name].dtype.kind == "f") for name in found)


def with_header(header: object, numbers: bytes = bytes(8)) -> bytes:
    text = header.encode() if isinstance(header, str) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + numbers


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"\xff" * 64,
        with_header([]),
        with_header({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, bytes(9)),
        with_header({"a": {"dtype": "F32", "shape": [3], "data_offsets": [0, 12]}}),
        with_header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}),
        with_header({"a": {"dtype": "F32", "shape": [True, 2], "data_offsets": [0, 8]}}),
        with_header({"a": {"dtype": "F32", "shape": [-1, -2], "data_offsets": [0, 8]}}),
        with_header({"a": {"dtype": "F32", "shape": 2, "data_offsets": [0, 8]}}),
        with_header({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0.0, 8]}}),
        with_header({"a": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}}),
        with_header({"a": {"dtype": ["F32"], "shape": [2], "data_offsets": [0, 8]}}),
        with_header({"a": {"dtype": "F32", "shape": [1 << 62, 1 << 62], "data_offsets": [0, 8]}}),
        with_header('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "a": 1}'),
        with_header("[" * 100_000),
    ],
)
def test_what_is_no_such_file_is_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"\Aa: expected safetensors, but [^\n]*\Z"):
        read_arrays(data, "a")
