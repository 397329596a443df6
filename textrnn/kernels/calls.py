"""Calls into C: arrays as pointers, sizes as int64, status codes as errors."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MESSAGES = {1: "out of memory", 2: "a length below 0 or above the number of steps", 3: "a token not in the vocabulary"}
_ERRORS = {1: MemoryError, 2: ValueError, 3: IndexError}


def error_of(status: int) -> Exception:
    """Returns the error that a function's return value stands for."""
    return _ERRORS[status](_MESSAGES[status])


def call(function: object, *arguments: object) -> None:
    """Calls a function that returns 0, or the number of an error. Raises that."""
    status = function(*arguments)  # type: ignore[operator]
    if status:
        raise error_of(status)


def int64s(*sizes: int) -> list[ctypes.c_int64]:
    """Returns `sizes` as arguments of C."""
    return [ctypes.c_int64(size) for size in sizes]


def address_of(array: NDArray[np.generic] | None, dtype: Any, *shape: int) -> ctypes.c_void_p:
    """Returns where `array` begins, or NULL for None; C would not check what it is, so it is checked here.

    Raises ValueError unless it has the `dtype`, is contiguous, and of the `shape`, if one is given.
    """
    if array is None:
        return ctypes.c_void_p(None)
    if array.dtype != dtype or not array.flags.c_contiguous:
        raise ValueError(f"expected contiguous {dtype}, found {array.dtype} with the strides {array.strides}")
    if shape and array.shape != shape:
        raise ValueError(f"expected the shape {shape}, found {array.shape}")
    return ctypes.c_void_p(array.ctypes.data)
