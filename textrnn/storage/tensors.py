"""Arrays in safetensors files, read without a copy.

The format is that of https://github.com/huggingface/safetensors: 8 bytes, the length of the header; a header in JSON;
the numbers. The library itself copies every array: half of the memory and time of loading a large model.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.errors import ModelError

DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip
MAX_HEADER = 100_000_000  # bytes, as the library has it


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Returns the arrays of the file `path`, by name. Raises OSError, ModelError."""
    return read_arrays(path.read_bytes(), path.name)


def read_arrays(data: bytes, name: str) -> dict[str, NDArray[Any]]:
    """Returns the arrays in the bytes of a safetensors file called `name`; they lie in `data`, and cannot be written.

    Raises ModelError unless the header is valid, and its arrays fill the file one after another.
    """
    try:
        return _read(data)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        said = (
            f"the header has an unknown or no {error}"
            if isinstance(error, KeyError)
            else " ".join(str(error).split())[:300]
        )
        raise ModelError(f"{name}: expected safetensors, but {said}") from None


def _read(data: bytes) -> dict[str, NDArray[Any]]:
    length = int.from_bytes(data[:8], "little")
    start = 8 + length
    if len(data) < 8 or length > MAX_HEADER or start > len(data):
        raise ValueError("the header is longer than the file")
    header = json.loads(data[8:start].decode("utf-8"), object_pairs_hook=_unique)
    if not isinstance(header, dict):
        raise ValueError("the header is not a JSON object")
    header.pop("__metadata__", None)
    arrays, end = {}, 0
    for name, about in sorted(header.items(), key=lambda item: _offsets(item[1])):
        begin, after = _offsets(about)
        dtype, shape = np.dtype(DTYPES[about["dtype"]]), about["shape"]
        if any(type(size) is not int or size < 0 for size in shape):
            raise ValueError(f"{name} has the shape {shape}")
        if begin != end or after - begin != dtype.itemsize * math.prod(shape) or start + after > len(data):
            raise ValueError(
                f"{name}: expected offsets that follow those before and fit the shape {shape}, found {begin} to {after}"
            )
        array = np.frombuffer(data, dtype, math.prod(shape), start + begin).reshape(shape)
        arrays[name] = array if array.flags.aligned else array.copy()  # behind a header that another program wrote
        end = after
    if start + end != len(data):
        raise ValueError("the file is longer than its arrays")
    return arrays


def _offsets(about: Any) -> tuple[int, int]:
    begin, end = about["data_offsets"]
    if type(begin) is not int or type(end) is not int or not 0 <= begin <= end:
        raise ValueError(f"the offsets are {begin!r} and {end!r}")
    return begin, end


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in the header")
    return found
