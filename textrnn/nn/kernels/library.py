"""The library of native kernels that this processor runs."""

from __future__ import annotations

import ctypes
import os
import warnings
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from textrnn.kernels.build import VARIANTS, Variant, digest_of_sources
from textrnn.machine.hardware import processor_flags

SWITCH = "TEXTRNN_NATIVE"  # 0: the libraries are left aside


@dataclass(frozen=True)
class Native:
    """A library of `textrnn/kernels` for recurrences in the format `numbers`; its vectors have `lanes` numbers."""

    name: str
    numbers: torch.dtype
    lanes: int
    library: ctypes.CDLL

    def fits(self, size: int) -> bool:
        """Whether it is there for so many units."""
        return size % self.lanes == 0

    def order(self, size: int, parts: int = 4) -> Tensor:
        """(parts * size,) int64: which of a weight's rows, part after part, stands where, as the library wants them."""
        return torch.arange(parts * size).view(parts, size // self.lanes, self.lanes).transpose(0, 1).reshape(-1)


def native_of(numbers: torch.dtype | None = None) -> Native | None:
    """The library for `numbers`, or any, that this processor runs; None without one, or where `TEXTRNN_NATIVE` is 0."""
    if os.environ.get(SWITCH) == "0":
        return None
    return next((native for native in natives() if numbers in (None, native.numbers)), None)


def name_of_native(numbers: torch.dtype | None = None, size: int = 0) -> str:
    """What that library is called, with the digest of its source: bits of a result depend on it. "none" where there is
    none for so many units.
    """
    found = native_of(numbers)
    return "none" if found is None or not found.fits(size) else f"{found.name} {digest_of_sources()}"


@cache
def natives() -> tuple[Native, ...]:
    """All that are built and that this processor runs, for each kind of numbers the fastest first."""
    found = [_open(variant) for variant in VARIANTS if runs_here(variant) and variant.path.is_file()]
    return tuple(native for native in found if native is not None)


def runs_here(variant: Variant) -> bool:
    """Whether this processor has what the library needs, and nothing that is faster without it."""
    flags = processor_flags()
    return flags.issuperset(variant.flags) and flags.isdisjoint(variant.unless)


def _open(variant: Variant) -> Native | None:
    try:
        library = ctypes.CDLL(str(variant.path))
        library.source.restype = ctypes.c_char_p
        built_from = library.source().decode()
    except (OSError, AttributeError, UnicodeDecodeError) as error:
        warnings.warn(
            f"{variant.path}: cannot be used ({error}); torch's functions are taken, which are slower", stacklevel=2
        )
        return None
    if built_from != digest_of_sources():
        warnings.warn(
            f"{variant.path}: built from another version of its source; torch's functions are taken, which are slower. "
            "Build it again: python -m textrnn.kernels.build",
            stacklevel=2,
        )
        return None
    for name in ("lanes", "number_tokens"):
        getattr(library, name).restype = ctypes.c_int64
    library.sum_of_squares.restype = ctypes.c_double
    return Native(variant.name, getattr(torch, variant.numbers), int(library.lanes()), library)
