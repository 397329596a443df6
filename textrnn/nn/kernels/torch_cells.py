"""torch's own kernels: oneDNN's on a processor, cuDNN's on a GPU."""

from __future__ import annotations

from functools import partial
from typing import Literal, get_args

import torch
from torch import Tensor

from textrnn.nn.kernels.dense import read_dense
from textrnn.nn.kernels.kernel import Kernel, LayerSpec

TorchCell = Literal["lstm", "gru", "rnn"]  # what torch has kernels for


def read_by_torch(kind: TorchCell, x: Tensor, *weights: Tensor) -> Tensor:
    """Returns the states (T, B, H) of a recurrence over `x` (T, B, E) from a zero state; weights as torch has them."""
    state = x.new_zeros(1, x.shape[1], weights[1].shape[1])
    flags = (True, 1, 0.0, torch.is_grad_enabled(), False, False)
    if kind == "lstm":
        return torch.lstm(x, [state, state], weights, *flags)[0]
    return (torch.gru if kind == "gru" else torch.rnn_tanh)(x, state, weights, *flags)[0]


def read_by_cudnn(kind: TorchCell, x: Tensor, *weights: Tensor) -> Tensor:
    """Returns what `read_by_torch` does, on a GPU.

    In the dtype of the weights, and autocast left aside: it takes recurrences to float16 whatever it was asked for,
    and cuDNN's are five times slower in bfloat16 than in float32.
    """
    with torch.autocast("cuda", enabled=False):
        # side by side in one piece of memory, as cuDNN wants them: else it copies them there, and warns
        flat = torch.cat([weight.flatten() for weight in weights])
        pieces = torch.split(flat, [weight.numel() for weight in weights])
        given = tuple(piece.view(weight.shape) for piece, weight in zip(pieces, weights, strict=True))
        return read_by_torch(kind, x.to(flat.dtype), *given)


def _fits(kind: TorchCell, device: str | None, spec: LayerSpec) -> bool:
    return spec.cell.name == kind and device in (None, spec.device.type)


ONEDNN_LSTM = Kernel(
    "lstm by oneDNN",
    partial(_fits, "lstm", "cpu"),
    partial(read_dense, read=partial(read_by_torch, "lstm")),
)
CUDNN_KERNELS = tuple(
    Kernel(
        f"{kind} by cuDNN",
        partial(_fits, kind, "cuda"),
        partial(read_dense, read=partial(read_by_cudnn, kind)),
    )
    for kind in get_args(TorchCell)
)
TORCH_KERNELS = tuple(
    Kernel(
        f"{kind} by torch",
        partial(_fits, kind, None),
        partial(read_dense, read=partial(read_by_torch, kind)),
    )
    for kind in get_args(TorchCell)
)
