"""Increasing integers as bytes: their differences, seven bits a byte (LEB128)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BITS, MORE = 7, 128  # of a byte; the mark of one that is followed by another of the same number
MAX_BYTES = 8  # bytes of a difference
MAX_VALUE = float(1 << 62)

Int = NDArray[np.int64]


def encode_increasing(values: Int) -> NDArray[np.uint8]:
    """Returns the bytes of `values` (N,) int64, which rise from 0 or more, below 2^56.

    >>> encode_increasing(np.array([3, 4, 300])).tolist()
    [3, 0, 167, 2]
    """
    steps = np.diff(values, prepend=-1) - 1  # values that rise differ by 1 at least
    lengths = np.ones(len(steps), np.int64)
    for length in range(1, MAX_BYTES):
        lengths += steps >= 1 << (BITS * length)
    ends = np.cumsum(lengths)
    data = np.zeros(int(ends[-1]) if len(ends) else 0, np.uint8)
    for place in range(MAX_BYTES):
        at = np.flatnonzero(lengths > place)
        more = np.where(lengths[at] > place + 1, MORE, 0)
        data[ends[at] - lengths[at] + place] = (steps[at] >> (BITS * place)) & (MORE - 1) | more
    return data


def decode_increasing(data: NDArray[np.uint8]) -> Int:
    """Returns the values of which `encode_increasing` made `data` (bytes,); they increase from 0 or more.

    Raises ValueError where a number is too long, or the last one not whole.
    """
    ends = np.flatnonzero(data < MORE)
    if len(data) and (not len(ends) or ends[-1] != len(data) - 1):
        raise ValueError("the last number is not whole")
    starts = np.concatenate([np.zeros(min(len(ends), 1), np.int64), ends[:-1] + 1])
    lengths = ends - starts + 1
    longest = int(lengths.max(initial=0))
    if longest > MAX_BYTES:
        raise ValueError(f"a number has {longest} bytes, {MAX_BYTES} at most are read")
    steps = np.zeros(len(ends), np.int64)
    for place in range(longest):
        at = np.flatnonzero(lengths > place)
        steps[at] |= (data[starts[at] + place] & (MORE - 1)).astype(np.int64) << (BITS * place)
    if float(steps.sum(dtype=np.float64)) + len(steps) > MAX_VALUE:
        raise ValueError("the numbers rise too far")
    return np.cumsum(steps + 1) - 1
