"""Tensors as pointers for calls into C."""

from __future__ import annotations

import ctypes

import torch
from torch import Tensor


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
