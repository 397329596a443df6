"""The library of native kernels as torch needs it: by torch's dtypes."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import torch
from torch import Tensor

from textrnn.kernels import library as kernels
from textrnn.kernels.build import digest_of_sources
from textrnn.kernels.library import SWITCH_VARIABLE as SWITCH_VARIABLE


@dataclass(frozen=True)
class NativeLibrary:
    """A library of `textrnn/kernels` for recurrences in the dtype `numbers`; its vectors have `lanes` numbers."""

    name: str
    numbers: torch.dtype
    lanes: int
    library: ctypes.CDLL

    def fits(self, size: int) -> bool:
        """Returns whether it computes cells of so many units."""
        return size % self.lanes == 0

    def order(self, size: int, parts: int = 4) -> Tensor:
        """Returns (parts * size,) int64: which row of a weight, part after part, stands where in its order."""
        return torch.arange(parts * size).view(parts, size // self.lanes, self.lanes).transpose(0, 1).reshape(-1)


def find_library(numbers: torch.dtype | None = None) -> NativeLibrary | None:
    """Returns the library for `numbers`, or any, that this processor runs; None if there is none or it is off."""
    if not kernels.is_on():
        return None
    return next((library for library in libraries() if numbers in (None, library.numbers)), None)


def library_version(numbers: torch.dtype | None = None, size: int = 0) -> str:
    """Returns the name of that library with the digest of its source: bits of a result depend on it. "none" if there is
    none for so many units.
    """
    found = find_library(numbers)
    return "none" if found is None or not found.fits(size) else f"{found.name} {digest_of_sources()}"


def libraries() -> tuple[NativeLibrary, ...]:
    """Returns all libraries that are built and that this processor runs, for each dtype the fastest first."""
    return tuple(
        NativeLibrary(found.name, getattr(torch, found.dtype), found.lanes, found.functions)
        for found in kernels.libraries()
    )
