"""The sums of the weights of n-grams, in C."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.kernels.calls import address_of, call, int64s
from textrnn.kernels.library import KernelLibrary
from textrnn.text.ngrams import Ngrams
from textrnn.text.ragged import Ragged
from textrnn.text.special_tokens import MAX_TOKENS

SLOTS_PER_PAIR = 3  # slots for every two n-grams


class _Level(ctypes.Structure):
    """`Level` of `textrnn/kernels/ngrams.c`."""

    _fields_ = (
        ("codes", ctypes.c_void_p),
        ("columns", ctypes.c_void_p),
        ("places", ctypes.c_void_p),
        ("slots", ctypes.c_void_p),
        ("count", ctypes.c_int64),
        ("words", ctypes.c_int64),
        ("size", ctypes.c_int64),
        ("factor", ctypes.c_uint64),
    )


@dataclass(frozen=True, eq=False)
class NgramTable:
    """The levels of `Ngrams` as C reads them."""

    levels: ctypes.Array[_Level]
    kept: tuple[object, ...]  # the arrays that they point at


def build_ngram_table(ngrams: Ngrams, library: KernelLibrary | None = None) -> NgramTable:
    """Returns the table of `ngrams`, with hash tables that `library` fills, if one is given: in milliseconds."""
    single = ngrams.levels[0].codes
    known = single[: np.searchsorted(single, MAX_TOKENS)]  # no token has a higher id
    places = np.full(int(known[-1]) + 1 if len(known) else 0, -1, np.int32)
    places[known] = np.arange(len(known), dtype=np.int32)
    kept: list[NDArray[np.generic]] = [places]
    levels = (_Level * len(ngrams.levels))()
    for number, (level, here) in enumerate(zip(levels, ngrams.levels, strict=True)):
        codes, columns = (np.require(array, np.int64, ("C", "A")) for array in (here.codes, here.columns))
        level.codes, level.columns, level.count = codes.ctypes.data, columns.ctypes.data, len(codes)
        if number == 0:
            level.places, level.words = places.ctypes.data, len(places)
        elif library is not None:
            is_last = number + 1 == len(levels)
            slots = np.full(
                (1 + SLOTS_PER_PAIR * int((columns >= 0).sum() if is_last else len(columns)) // 2, 2), -1, np.int64
            )
            level.slots, level.size = slots.ctypes.data, len(slots)
            level.factor = (
                int.from_bytes(os.urandom(8), "little") | 1
            )  # so that no file can hold codes that all want one slot
            call(library.functions.index_ngrams, ctypes.byref(level), ctypes.c_int(is_last))
            kept.append(slots)
        kept += [codes, columns]
    return NgramTable(levels, tuple(kept))


def sum_ngrams(
    library: KernelLibrary, table: NgramTable, weights: NDArray[np.float32], rows: Ragged
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Returns, of each of N rows, the sum of the rows of `weights` (F, C) that its n-grams have, each once, (N, C), and
    how many they are, (N,). Each sum adds from the lowest column to the highest.
    """
    classes = weights.shape[1]
    sums, counts = np.empty((len(rows), classes)), np.empty(len(rows), np.int64)
    call(
        library.functions.sum_ngrams,
        table.levels,
        *int64s(len(table.levels)),
        address_of(np.require(weights, np.float32, ("C", "A")), np.float32),
        *int64s(classes),
        address_of(np.require(rows.flat, np.int32, ("C", "A")), np.int32),
        address_of(np.require(rows.offsets, np.int64, ("C", "A")), np.int64, len(rows) + 1),
        *int64s(len(rows)),
        address_of(sums, np.float64),
        address_of(counts, np.int64),
    )
    return sums, counts
