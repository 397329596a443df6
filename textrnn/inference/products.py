"""Products with a weight that stays the same, row by row: by a kernel, or by numpy."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.inference.layer import Array
from textrnn.kernels.calls import address_of, call, int64s
from textrnn.kernels.library import KernelLibrary, find_library

CACHE_LINE_BYTES = 64  # bytes of a line of the cache, on which packed weights begin


@dataclass(frozen=True)
class PackedRows:
    """A weight (F, E) in the order that the kernels of `library` read it in."""

    library: KernelLibrary
    numbers: Array
    shape: tuple[int, int]

    @property
    def address(self) -> ctypes.c_void_p:
        """Where the numbers begin."""
        return address_of(self.numbers, np.float32)


def pack_rows(library: KernelLibrary, weight: Array) -> PackedRows:
    """Returns `weight` (F, E) packed."""
    weight = np.ascontiguousarray(weight, np.float32)
    sizes = int64s(*weight.shape)
    numbers = aligned_empty(library.functions.packed_size(*sizes))
    library.functions.pack_rows(address_of(weight, np.float32), address_of(numbers, np.float32), *sizes)
    return PackedRows(library, numbers, (weight.shape[0], weight.shape[1]))


def aligned_empty(size: int) -> Array:
    """Returns (`size`,) float32 that begins on a line of the cache; what it holds is left open."""
    room = np.empty(size + CACHE_LINE_BYTES // 4, np.float32)
    skipped = -room.ctypes.data % CACHE_LINE_BYTES // 4
    return room[skipped : skipped + size]


@dataclass(frozen=True)
class Product:
    """x W' + b for a weight (F, E) and a bias (F,); `packed` where a kernel computes it, else numpy does.

    By a kernel, a row of the result does not depend on the other rows, to the bit.
    """

    weight: Array
    bias: Array
    packed: PackedRows | None

    def __call__(self, x: Array, which: NDArray[np.int64] | None = None, out: Array | None = None) -> Array:
        """Returns (N, F) float32 of `x` (N, E), or of its rows `which` (N,) int64; it goes into `out` if given."""
        count = len(x) if which is None else len(which)
        if self.packed is None:
            found: Array = np.matmul(x if which is None else x[which], self.weight.T, out=out)
            found += self.bias
            return found
        rows, depth = self.packed.shape
        out = np.empty((count, rows), np.float32) if out is None else out
        call(
            self.packed.library.functions.multiply_rows,
            address_of(x, np.float32, len(x), depth),
            address_of(which, np.int64),
            self.packed.address,
            address_of(self.bias, np.float32, rows),
            address_of(out, np.float32, count, rows),
            *int64s(count, depth, rows),
        )
        return out


def product_with(weight: Array, bias: Array) -> Product:
    """Returns the product with `weight` (F, E) and `bias` (F,), by the kernels of this processor if it has any."""
    library = find_library("float32")
    packed = None if library is None else pack_rows(library, weight)
    return Product(weight, np.ascontiguousarray(bias, np.float32), packed)
