"""Calls into C: tensors as pointers, sizes as int64, status codes as errors."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor

_SAID = {1: "out of memory", 2: "a length below 0 or above the number of steps", 3: "a token not in the vocabulary"}
_ERRORS = {1: MemoryError, 2: ValueError, 3: IndexError}


def error_of(trouble: int) -> Exception:
    """Returns the error that a function's return value stands for."""
    return _ERRORS[trouble](_SAID[trouble])


def call(function: object, *given: object) -> None:
    """Calls a function that returns 0, or the number of an error. Raises that."""
    trouble = function(*given)  # type: ignore[operator]
    if trouble:
        raise error_of(trouble)


def pointer_to(tensor: Tensor | None, numbers: torch.dtype, *shape: int) -> ctypes.c_void_p:
    """Returns where `tensor` begins, or NULL for None; C would not check what it is, so it is checked here.

    Raises ValueError unless it has the dtype `numbers`, is contiguous, on the CPU, and of the `shape`, if one is given.
    """
    if tensor is None:
        return ctypes.c_void_p(None)
    if tensor.dtype != numbers or not tensor.is_contiguous() or tensor.device.type != "cpu":
        raise ValueError(f"expected {numbers}, contiguous and on the CPU, found {tensor.dtype} on {tensor.device}")
    if shape and tensor.shape != shape:
        raise ValueError(f"expected the shape {shape}, found {tuple(tensor.shape)}")
    return ctypes.c_void_p(tensor.data_ptr())


def int64s(*sizes: int) -> list[ctypes.c_int64]:
    """Returns `sizes` as arguments of C."""
    return [ctypes.c_int64(size) for size in sizes]
