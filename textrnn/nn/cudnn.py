"""One direction of one layer by the kernels that torch has, and on a GPU by cuDNN's."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Known = Literal["lstm", "gru", "rnn"]  # what torch has kernels for


def numbers_on_gpu(x: Tensor) -> torch.dtype:
    """The number format that autocast asks for where `x`, on a GPU, is multiplied; that of `x` without autocast."""
    return torch.get_autocast_dtype("cuda") if torch.is_autocast_enabled("cuda") else x.dtype


def read_by_torch(kind: Known, x: Tensor, *weights: Tensor) -> Tensor:
    """The states (T, B, H) of a recurrence over `x` (T, B, E) from a zero state; weights as torch has them."""
    state = x.new_zeros(1, x.shape[1], weights[1].shape[1])
    flags = (True, 1, 0.0, torch.is_grad_enabled(), False, False)
    if kind == "lstm":
        return torch.lstm(x, [state, state], weights, *flags)[0]
    return (torch.gru if kind == "gru" else torch.rnn_tanh)(x, state, weights, *flags)[0]


def read_by_cudnn(kind: Known, x: Tensor, *weights: Tensor) -> Tensor:
    """What `read_by_torch` gives, on a GPU.

    In the numbers of the weights, and autocast left aside: it takes recurrences to float16 whatever it was asked for,
    and cuDNN's are five times slower in bfloat16 than in float32.
    """
    with torch.autocast("cuda", enabled=False):
        # side by side in one piece of memory, as cuDNN wants them: else it copies them there, and warns
        flat = torch.cat([weight.flatten() for weight in weights])
        pieces = torch.split(flat, [weight.numel() for weight in weights])
        given = tuple(piece.view(weight.shape) for piece, weight in zip(pieces, weights, strict=True))
        return read_by_torch(kind, x.to(flat.dtype), *given)
