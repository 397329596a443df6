"""Unique strings in their order, by Arrow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from textrnn.text.ragged import offsets_of


def unique_strings(data: bytes, ends: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int32]]:
    """Return the unique strings of N, in the order of their first occurrence, and the number of each, (N,) int32.

    The strings stand in `data` (UTF-8) one after another; `ends` (N,) int64 says where each ends, in bytes, and
    never falls. By a hash table that compares whole strings.

    >>> unique_strings("aéa".encode(), np.array([1, 3, 4]))
    (['a', 'é'], array([0, 1, 0], dtype=int32))
    """
    found = _strings(data, np.concatenate([np.zeros(1, np.int64), ends])).dictionary_encode()
    # `to_numpy` would import pandas
    return found.dictionary.to_pylist(), np.asarray(np.from_dlpack(found.indices), dtype=np.int32)


def codepoint_order(words: Sequence[str]) -> NDArray[np.uint64]:
    """Return the indices that sort N unique words in code point order, (N,) uint64.

    >>> codepoint_order(["b", "é", "a"]).tolist()
    [2, 0, 1]
    """
    encoded = [word.encode() for word in words]
    lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
    # the bytes of UTF-8 stand in the order of code points
    places = pc.sort_indices(_strings(b"".join(encoded), offsets_of(lengths)))
    return np.asarray(np.from_dlpack(places), dtype=np.uint64)


def _strings(data: bytes, offsets: NDArray[np.int64]) -> pa.LargeStringArray:
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
