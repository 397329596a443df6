"""Distinct strings: many strings in one buffer -> each different one once, and the number of each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def distinct(data: bytes, ends: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int32]]:
    """The different ones of N strings, in the order in which they are first met, and the number of each, (N,) int32.

    The strings stand in `data` (UTF-8) one after another; `ends` (N,) int64 says where each ends, in bytes, and
    never falls. By Arrow's hash table, which compares whole strings.

    >>> distinct("aéa".encode(), np.array([1, 3, 4]))
    (['a', 'é'], array([0, 1, 0], dtype=int32))
    """
    offsets = np.zeros(len(ends) + 1, dtype=np.int64)
    offsets[1:] = ends
    strings = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data))
    found = strings.dictionary_encode()
    numbers: NDArray[np.int32] = found.indices.to_numpy()
    return found.dictionary.to_pylist(), numbers
