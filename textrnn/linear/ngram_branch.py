"""The n-gram branch: logits from the n-grams of a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from textrnn.data.tabular import TabularFeatures, multiply_tabular
from textrnn.errors import ModelError
from textrnn.kernels.library import find_library
from textrnn.linear.ngram_sums import NgramTable, build_ngram_table, sum_ngrams
from textrnn.linear.quantized_branch import PACKED_ARRAY, dequantize_arrays, pack_levels, quantize_weights
from textrnn.storage.files import write_bytes
from textrnn.storage.tensors import read_arrays
from textrnn.text.ngrams import FoundNgrams, Level, Ngrams, find_ngrams
from textrnn.text.ragged import Ragged, slices_of

WEIGHTS = "wide.safetensors"
MAX_LENGTH = 3
SLICE_TOKENS = 1 << 16  # tokens per slice: what fits a cache
FEW_CLASSES = 16  # classes that are summed one by one
MANY_TOKENS = 1 << 13  # tokens from which hash tables pay
MAX_NGRAMS = (1 << 31) - 1  # n-grams that C counts


@dataclass(frozen=True)
class NgramBranch:
    """A linear model on the n-grams of token ids.

    `weights` (F, C) float32 has a row for each column of `ngrams`; `bias` is (C,) float32. With S the set of known
    n-grams of a text, its logits are bias + (sum of weights[S]) / sqrt(|S|), plus its tabular features
    (`multiply_tabular`) times `tabular`, (S, C) float32.
    """

    ngrams: Ngrams
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    tabular: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """What a copy is made of; its tables are built again."""
        return NgramBranch, (self.ngrams, self.weights, self.bias, self.tabular)

    @cached_property
    def table(self) -> NgramTable:
        """The n-grams as C reads them, there at once."""
        return build_ngram_table(self.ngrams)

    @cached_property
    def indexed_table(self) -> NgramTable:
        """The n-grams as C reads them faster."""
        return build_ngram_table(self.ngrams, find_library())

    def save(self, folder: Path) -> None:
        """Write `ngram_branch.safetensors` into `folder`; equal branches give equal bytes."""
        write_bytes(folder / WEIGHTS, to_bytes(self))

    @staticmethod
    def load(folder: Path) -> NgramBranch:
        """The branch that `save` wrote into `folder`. Raises OSError, ModelError."""
        return from_bytes((folder / WEIGHTS).read_bytes())


def empty_branch(classes: int) -> NgramBranch:
    """Return a branch whose logits are 0 for each of the `classes`."""
    nothing = np.zeros(0, np.int64)
    return NgramBranch(
        Ngrams((Level(nothing, nothing),), 0), np.zeros((0, classes), np.float32), np.zeros(classes, np.float32)
    )


def ngram_logits(branch: NgramBranch, rows: Ragged, tabular: TabularFeatures | None = None) -> NDArray[np.float64]:
    """Return logits (N, C) float64 of token ids, N uncut rows, with tabular features `tabular` (N)."""
    logits = np.tile(branch.bias.astype(np.float64), (len(rows), 1))
    if branch.tabular.size:
        assert tabular is not None
        logits += multiply_tabular(tabular, branch.tabular.astype(np.float64))
    if not branch.ngrams.features:
        return logits
    library = find_library() if max(len(level.codes) for level in branch.ngrams.levels) < MAX_NGRAMS else None
    for start, end in slices_of(rows, SLICE_TOKENS):
        part = Ragged(
            rows.flat[rows.offsets[start] : rows.offsets[end]], rows.offsets[start : end + 1] - rows.offsets[start]
        )
        if library is None:
            sums, counts = sum_weights(branch.weights, find_ngrams(branch.ngrams, part))
        else:
            table = branch.indexed_table if len(rows.flat) >= MANY_TOKENS else branch.table
            sums, counts = sum_ngrams(library, table, branch.weights, part)
        logits[start:end] += sums / np.sqrt(np.maximum(counts, 1))[:, None]
    return logits


def sum_weights(weights: NDArray[np.float32], found: FoundNgrams) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return what `sum_ngrams` returns, to the bit: each sum adds from the lowest column to the highest."""
    lengths = np.diff(found.offsets)
    sums = np.zeros((len(lengths), weights.shape[1]))
    if weights.shape[1] <= FEW_CLASSES:
        row_of = np.repeat(np.arange(len(lengths)), lengths)
        for c in range(weights.shape[1]):
            sums[:, c] = np.bincount(row_of, weights=weights[found.columns, c], minlength=len(lengths))
    else:
        for i in np.flatnonzero(lengths):
            sums[i] = weights[found.columns[found.offsets[i] : found.offsets[i + 1]]].sum(axis=0, dtype=np.float64)
    return sums, lengths


def to_bytes(branch: NgramBranch) -> bytes:
    """Return the branch as the bytes of a safetensors file."""
    arrays: dict[str, NDArray[Any]] = {"weights": branch.weights, "bias": branch.bias}
    for length, level in enumerate(branch.ngrams.levels, start=1):
        arrays[f"codes_{length}"] = level.codes
        arrays[f"columns_{length}"] = level.columns
    if branch.tabular.size:
        arrays["side"] = branch.tabular
    return bytes(save(arrays))


def to_packed_bytes(branch: NgramBranch) -> bytes:
    """Return the branch, whose columns are numbered as its n-grams come, as a small file: its weights are rounded."""
    arrays: dict[str, NDArray[Any]] = {"bias": branch.bias, **pack_levels(branch.ngrams.levels)}
    if branch.tabular.size:
        arrays["side"] = branch.tabular
    return bytes(save(arrays | quantize_weights(branch.weights)))


def from_bytes(data: bytes) -> NgramBranch:
    """Return the branch that `to_bytes` or `to_packed_bytes` wrote. Raises ModelError if the bytes are anything else.

    Of n-grams that are packed it allocates some times their bytes.
    """
    arrays = read_arrays(data, WEIGHTS)
    if PACKED_ARRAY in arrays and "weights" in arrays:
        arrays = dequantize_arrays(arrays, WEIGHTS)
    longest = next((n for n in range(1, MAX_LENGTH + 1) if f"codes_{n + 1}" not in arrays), MAX_LENGTH)
    tabular = {"side"} & set(arrays)
    names = {
        "weights",
        "bias",
        *tabular,
        *(f"{what}_{n}" for n in range(1, longest + 1) for what in ("codes", "columns")),
    }
    if set(arrays) != names:
        raise ModelError(
            f"{WEIGHTS}: expected the arrays {', '.join(sorted(names))}, found {', '.join(sorted(arrays)[:9])[:300]}"
        )
    _check_numbers(arrays)
    levels = tuple(Level(arrays[f"codes_{n}"], arrays[f"columns_{n}"]) for n in range(1, longest + 1))
    _check_levels(levels, len(arrays["weights"]))
    ngrams = Ngrams(levels, len(arrays["weights"]))
    return NgramBranch(ngrams, arrays["weights"], arrays["bias"], *(arrays[name] for name in tabular))


def _check_numbers(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Check shapes, dtypes and finite weights. Raises ModelError."""
    weights, bias = arrays["weights"], arrays["bias"]
    floats = weights.dtype == bias.dtype == np.float32
    if not floats or bias.ndim != 1 or weights.ndim != 2 or weights.shape[1] != len(bias) or not len(bias):
        raise ModelError(
            f"{WEIGHTS}: expected float32 weights (F, C) and bias (C,), found {weights.shape}, {bias.shape}"
        )
    tabular = arrays.get("side", weights)
    if tabular.dtype != np.float32 or tabular.ndim != 2 or tabular.shape[1] != len(bias):
        raise ModelError(f"{WEIGHTS}: expected float32 side (S, C), found {tabular.dtype} {tabular.shape}")
    if not (np.isfinite(weights).all() and np.isfinite(bias).all() and np.isfinite(tabular).all()):
        raise ModelError(f"{WEIGHTS}: expected finite weights, found others")


def _check_levels(levels: tuple[Level, ...], features: int) -> None:
    """Check that codes rise and that each column has one n-gram. Raises ModelError."""
    below = 1 << 31  # above every token id
    for level in levels:
        for array in (level.codes, level.columns):
            if array.dtype != np.int64 or array.ndim != 1 or array.shape != level.codes.shape:
                raise ModelError(f"{WEIGHTS}: expected codes and columns (G,) int64, found {array.dtype} {array.shape}")
        if (level.codes[:1] < 0).any() or not (level.codes[1:] > level.codes[:-1]).all():
            raise ModelError(f"{WEIGHTS}: expected n-gram codes of 0 or more in increasing order, found others")
        if len(level.codes) and int(level.codes[-1]) >= below:
            raise ModelError(f"{WEIGHTS}: expected n-gram codes less than {below}, found {level.codes[-1]}")
        below = len(level.codes) * len(levels[0].codes)  # a longer n-gram: one of these, and a word
    if not _fill_columns([level.columns[level.columns != -1] for level in levels], features):
        raise ModelError(f"{WEIGHTS}: expected one n-gram for each of {features} columns, found others")


def _fill_columns(found: list[NDArray[np.int64]], features: int) -> bool:
    """Whether the columns that were `found` are each of 0 to `features` - 1, once."""
    if sum(map(len, found)) != features or any(part.min() < 0 or part.max() >= features for part in found if len(part)):
        return False
    filled = np.zeros(features, bool)
    for part in found:
        filled[part] = True
    return bool(filled.all())
