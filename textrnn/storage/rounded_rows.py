"""Weights as rows of small integers, of 8 bits or 4, a scale for each row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from textrnn.errors import ModelError

Bits = Literal[8, 4]
SCALE_SUFFIX = ".scale"  # behind the name of a weight: the name of its scales
MAX_SCALE = float(np.finfo(np.float32).max) / 128  # so that no product is infinite
CLIP_SHARES = (
    1.0,
    0.9,
    0.8,
    0.7,
    0.6,
    0.5,
)  # of the largest number of a row in 4 bits: what lies above is cut, all else is finer
ZERO_CODE = 8  # what stands for 0 in 4 bits
_PAIRS = np.stack([np.arange(256) & 15, np.arange(256) >> 4], axis=1).astype(np.float32) - np.float32(ZERO_CODE)


def round_rows(
    name: str, weight: NDArray[np.float32], bits: Bits = 8, metric: NDArray[np.float32] | None = None
) -> dict[str, NDArray[Any]]:
    """Returns `weight` (R, ...) as integers, and its scales (R,) float32, by name.

    8 bits: int8 of the same shape. 4 bits, of a weight (R, K) with an even K: uint8 (R, K / 2), the first number of a
    pair in the lower half, 8 more than it is; of each row with the scale of the least error e in e' `metric` e, (K, K).
    A row of zeros has the scale 1.
    """
    rows = weight.reshape(len(weight), math.prod(weight.shape[1:]))
    if bits == 8:
        scales = _scales(rows, 127)
        return {name: _integers(rows, scales, 127).reshape(weight.shape), name + SCALE_SUFFIX: scales}
    scales, least = _scales(rows, 7), np.full(len(rows), np.inf)
    for whole in (scales * np.float32(clip) for clip in CLIP_SHARES):
        off = _integers(rows, whole, 7) * whole[:, None] - rows
        with np.errstate(over="ignore"):  # infinite: the scale before stays
            error = ((off if metric is None else off @ metric) * off).sum(axis=1)
        scales = np.where(error < least, whole, scales)
        least = np.minimum(error, least)
    raised = (_integers(rows, scales, 7) + ZERO_CODE).astype(np.uint8)
    return {name: raised[:, ::2] | raised[:, 1::2] << 4, name + SCALE_SUFFIX: scales}


def restore_rows(arrays: Mapping[str, NDArray[Any]], file: str) -> dict[str, NDArray[Any]]:
    """Returns `arrays` with the rounded ones as float32, without the scales.

    Raises ModelError, with the name of the `file`, where scales are not one positive finite float32 a row.
    """
    found = dict(arrays)
    for name in [name for name in arrays if name + SCALE_SUFFIX in arrays]:
        integers, scales = arrays[name], found.pop(name + SCALE_SUFFIX)
        if not (integers.dtype == np.int8 and integers.ndim > 1) and not (
            integers.dtype == np.uint8 and integers.ndim == 2
        ):
            raise ModelError(f"{file}: {name}: expected rows of int8, or of uint8 pairs, found {_describe(integers)}")
        if scales.dtype != np.float32 or scales.shape != integers.shape[:1]:
            expected = f"float32 of the shape ({len(integers)},), one a row of {name}"
            raise ModelError(f"{file}: {name}{SCALE_SUFFIX}: expected {expected}, found {_describe(scales)}")
        if not ((scales > 0) & (scales <= MAX_SCALE)).all():  # false of NaN
            raise ModelError(f"{file}: {name}{SCALE_SUFFIX}: expected positive finite numbers, found others")
        whole = integers
        if integers.dtype == np.uint8:
            whole = _PAIRS[integers].reshape(len(integers), 2 * integers.shape[1])
        found[name] = whole * scales.reshape(-1, *[1] * (whole.ndim - 1))
    return found


def _scales(rows: NDArray[np.float32], largest: int) -> NDArray[np.float32]:
    scales = np.abs(rows).max(axis=1, initial=0) / np.float32(largest)
    return np.where(scales > 0, scales, np.float32(1))


def _integers(rows: NDArray[np.float32], scales: NDArray[np.float32], largest: int) -> NDArray[np.int8]:
    integers: NDArray[np.int8] = np.clip(np.rint(rows / scales[:, None]), -largest, largest).astype(np.int8)
    return integers


def _describe(array: NDArray[Any]) -> str:
    return f"{array.dtype} of the shape {array.shape}"
