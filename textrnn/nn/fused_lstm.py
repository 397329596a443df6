"""A bidirectional layer of an LSTM on a GPU: one product for the input of both directions, one kernel for all steps."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor

from textrnn.nn.cudnn import numbers_on_gpu

CAPABILITY = (8, 0)  # Ampere: the first that multiplies bfloat16
SIZES: tuple[int, ...] = (16, 32, 64, 128)  # the recurrent weights of more units do not fit into one multiprocessor
TEXTS = 8  # a program's; with this and the next line the kernels were fastest on an H100
WARPS = 4


@cache
def has_triton() -> bool:
    """Whether Triton is installed; it comes with torch's builds for CUDA on Linux."""
    return importlib.util.find_spec("triton") is not None


def fuses(x: Tensor, size: int) -> bool:
    """Whether `read_fused` is there for an LSTM of so many units over `x`: on a GPU, in 16 bits, and not too large."""
    if x.device.type != "cuda" or size not in SIZES or numbers_on_gpu(x).itemsize != 2:
        return False
    return has_triton() and torch.cuda.get_device_capability(x.device) >= CAPABILITY


def read_fused(x: Tensor, lengths: Tensor, weights: Sequence[Sequence[Tensor]]) -> list[Tensor]:
    """The states (T, B, H) of each of D LSTMs over `x` (T, B, E) of `lengths` (B,), in the order of the texts.

    0 at padding. `weights` are those of each direction, as torch has them; the second reads the texts from their ends.
    """
    numbers = numbers_on_gpu(x)
    weight_ih = torch.cat([w[0] for w in weights]).to(numbers)
    weight_hh = torch.stack([w[1] for w in weights]).to(numbers)
    bias = torch.cat([w[2] + w[3] for w in weights]).to(numbers)
    states: Tensor = _Fused.apply(x.to(numbers), lengths, weight_ih, weight_hh, bias)  # type: ignore[no-untyped-call]
    return list(states.unbind(2))


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, lengths: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias: Tensor) -> Tensor:
        from textrnn.nn.fused import read_forward

        steps, texts, _ = x.shape
        directions, _, size = weight_hh.shape
        keep = any(ctx.needs_input_grad)
        inputs = torch.addmm(bias, x.reshape(steps * texts, -1), weight_ih.t())
        states = x.new_empty(steps, texts, directions, size)
        gates = torch.empty_like(inputs) if keep else inputs
        cells = x.new_empty(states.shape if keep else 1, dtype=torch.float32)
        short = lengths.to(torch.int32)
        read_forward[_grid(texts, directions)](
            inputs, weight_hh, short, states, gates, cells, steps, texts,
            DIRECTIONS=directions, UNITS=size, TEXTS=TEXTS, KEEP=keep, num_warps=WARPS,
        )  # fmt: skip
        if keep:
            ctx.save_for_backward(x, short, weight_ih, weight_hh, states, gates, cells)
        return states

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        from textrnn.nn.fused import read_backward

        x, short, weight_ih, weight_hh, states, gates, cells = ctx.saved_tensors
        steps, texts, directions, size = states.shape
        changes = torch.empty_like(gates)
        read_backward[_grid(texts, directions)](
            gradient.contiguous(), weight_hh, short, gates, cells, changes, steps, texts,
            DIRECTIONS=directions, UNITS=size, TEXTS=TEXTS, num_warps=WARPS,
        )  # fmt: skip
        rows = x.reshape(steps * texts, -1)
        apart = changes.view(steps * texts, directions, 4 * size)
        before = states.view(steps * texts, directions, size)
        d_recurrent = torch.empty_like(weight_hh)
        # the state before a token stands at the token before it; of the second direction, after it
        torch.mm(apart[texts:, 0].t(), before[: len(before) - texts, 0], out=d_recurrent[0])
        if directions == 2:
            torch.mm(apart[: len(apart) - texts, 1].t(), before[texts:, 1], out=d_recurrent[1])
        return (
            (changes @ weight_ih).view(x.shape),
            None,
            changes.t() @ rows,
            d_recurrent,
            changes.sum(dim=0, dtype=torch.float32).to(changes.dtype),
        )


def _grid(texts: int, directions: int) -> tuple[int, int]:
    return -(-texts // TEXTS), directions
