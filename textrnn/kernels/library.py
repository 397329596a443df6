"""The libraries of native kernels that this processor runs."""

from __future__ import annotations

import ctypes
import os
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Literal

from textrnn.kernels.build import VARIANTS, Variant, digest_of_sources
from textrnn.machine.hardware import processor_flags

SWITCH_VARIABLE = "TEXTRNN_NATIVE"  # 0: the libraries are not used
Format = Literal["float32", "bfloat16"]
_COUNTS = ("lanes", "number_tokens")  # functions that return an int64, in every library


@dataclass(frozen=True)
class KernelLibrary:
    """A library of `textrnn/kernels` whose recurrences compute in the format `dtype`, in vectors of `lanes` numbers."""

    name: str
    dtype: Format
    lanes: int
    functions: ctypes.CDLL


def is_on() -> bool:
    """Returns whether the libraries may be used: not if the environment sets `TEXTRNN_NATIVE` to 0."""
    return os.environ.get(SWITCH_VARIABLE) != "0"


def find_library(dtype: Format | None = None) -> KernelLibrary | None:
    """Returns the library for `dtype`, or any, that this processor runs; None if there is none or it is off."""
    if not is_on():
        return None
    return next((library for library in libraries() if dtype in (None, library.dtype)), None)


@cache
def libraries() -> tuple[KernelLibrary, ...]:
    """Returns all libraries that are built and that this processor runs, for each dtype the fastest first."""
    found = [_open(variant) for variant in VARIANTS if is_supported(variant) and variant.path.is_file()]
    return tuple(library for library in found if library is not None)


def is_supported(variant: Variant) -> bool:
    """Returns whether this processor has what the library needs, and nothing that is faster without it."""
    flags = processor_flags() or _reported_flags()
    return flags.issuperset(variant.flags) and flags.isdisjoint(variant.unless)


@cache
def _reported_flags() -> frozenset[str]:
    """Returns the flags that the library in plain C finds, which any processor runs: for systems that list none."""
    plain = next(variant for variant in VARIANTS if not variant.flags)
    library = _open(plain) if plain.path.is_file() else None
    if library is None:
        return frozenset()
    library.functions.processor_flags.restype = ctypes.c_char_p
    return frozenset(library.functions.processor_flags().decode().split())


def _open(variant: Variant) -> KernelLibrary | None:
    try:
        functions = ctypes.CDLL(str(variant.path))
        functions.source.restype = ctypes.c_char_p
        built_from = functions.source().decode()
    except (OSError, AttributeError, UnicodeDecodeError) as error:
        warnings.warn(f"{variant.path}: cannot be used ({error}); slower kernels are used instead", stacklevel=2)
        return None
    if built_from != digest_of_sources():
        warnings.warn(
            f"{variant.path}: built from another version of its source; slower kernels are used instead. "
            "Build it again: python -m textrnn.kernels.build",
            stacklevel=2,
        )
        return None
    for name in _COUNTS if variant.dtype == "bfloat16" else (*_COUNTS, "packed_size"):
        getattr(functions, name).restype = ctypes.c_int64
    functions.sum_of_squares.restype = ctypes.c_double
    return KernelLibrary(variant.name, variant.dtype, int(functions.lanes()), functions)
