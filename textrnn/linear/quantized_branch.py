"""The n-gram branch of a small model: the arrays of its file, packed.

* `codes_N` (bytes,) uint8: `textrnn.storage.increasing_integers`;
* `columns_N` (bytes,) uint8: a bit for each n-gram, 1 where it has a column, the first the highest of its byte;
  columns are numbered as they come, single words first;
* `weights` (C * blocks, BLOCK) int8 with `weights.scale`: of each class the weights of all columns, filled up with
  zeros; of two classes whose weights are each other's negatives, those of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.errors import ModelError
from textrnn.storage.increasing_integers import decode_increasing, encode_increasing
from textrnn.storage.rounded_rows import SCALE_SUFFIX, restore_rows, round_rows
from textrnn.text.ngrams import Level

BLOCK_SIZE = 64  # weights with one scale: rare n-grams have others than frequent ones, which have lower codes
PACKED_ARRAY = "weights" + SCALE_SUFFIX  # an array that the file has if it is packed


def pack_levels(levels: tuple[Level, ...]) -> dict[str, NDArray[Any]]:
    """Returns the arrays of `levels`, whose columns are numbered as they come."""
    arrays: dict[str, NDArray[Any]] = {}
    for length, level in enumerate(levels, start=1):
        arrays[f"codes_{length}"] = encode_increasing(level.codes)
        arrays[f"columns_{length}"] = np.packbits(level.columns >= 0)
    return arrays


def quantize_weights(weights: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Returns the arrays of `weights` (F, C)."""
    columns = weights.T
    if len(columns) == 2 and np.array_equal(columns[0], -columns[1]):
        columns = columns[:1]
    blocks = -(-len(weights) // BLOCK_SIZE)
    filled = np.zeros((len(columns), blocks * BLOCK_SIZE), np.float32)
    filled[:, : len(weights)] = columns
    return round_rows("weights", filled.reshape(-1, BLOCK_SIZE))


def dequantize_arrays(arrays: Mapping[str, NDArray[Any]], file: str) -> dict[str, NDArray[Any]]:
    """Returns the arrays of a branch that is not packed. Raises ModelError, with the name of the `file`.

    What the numbers say of one another is checked by whoever reads those.
    """
    found = restore_rows(arrays, file)
    features, length = 0, 1
    while (name := f"codes_{length}") in arrays and f"columns_{length}" in arrays:
        codes, bits = arrays[name], arrays[f"columns_{length}"]
        if not (codes.dtype == bits.dtype == np.uint8 and codes.ndim == bits.ndim == 1):
            raise ModelError(f"{file}: expected {name} and columns_{length} (bytes,) uint8, found others")
        try:
            found[name] = decode_increasing(codes)
        except ValueError as error:
            raise ModelError(f"{file}: {name}: expected packed integers, but {error}") from None
        has = _unpack_bits(bits, len(found[name]), f"{file}: columns_{length}")
        found[f"columns_{length}"] = np.where(has, np.cumsum(has) - 1 + features, -1)
        features, length = features + int(has.sum()), length + 1
    found["weights"] = _unpack_weights(found["weights"], features, arrays.get("bias", np.zeros(0)), file)
    return found


def _unpack_bits(bits: NDArray[np.uint8], count: int, where: str) -> NDArray[np.bool_]:
    if len(bits) != -(-count // 8) or np.unpackbits(bits)[count:].any():
        raise ModelError(f"{where}: expected a bit for each of {count} n-grams, found {8 * len(bits)}")
    return np.unpackbits(bits, count=count).astype(bool)


def _unpack_weights(weights: NDArray[np.float32], features: int, bias: NDArray[Any], file: str) -> NDArray[np.float32]:
    """(F, C): the rows (C * blocks, BLOCK), or those of the first of two classes."""
    blocks, classes = -(-features // BLOCK_SIZE), bias.size
    whole = (classes * blocks, BLOCK_SIZE)
    if weights.shape == whole:
        return np.ascontiguousarray(weights.reshape(classes, blocks * BLOCK_SIZE)[:, :features].T)
    if classes == 2 and weights.shape == (blocks, BLOCK_SIZE):
        first = weights.reshape(-1)[:features]
        return np.stack([first, -first], axis=1)
    raise ModelError(f"{file}: expected weights of the shape {whole} of {features} n-grams, found {weights.shape}")
