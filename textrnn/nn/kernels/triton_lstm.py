"""A bidirectional layer of an LSTM on a GPU: one product for the input of both directions, one kernel for all steps."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from typing import Any

import torch
from torch import Tensor

from textrnn.nn.encoded import Encoded
from textrnn.nn.kernels.kernel import Kernel, Layer, LayerSpec

MIN_CAPABILITY = (8, 0)  # Ampere: the first that multiplies bfloat16
HIDDEN_SIZES: tuple[int, ...] = (
    16,
    32,
    64,
    128,
)  # the recurrent weights of more units do not fit into one multiprocessor
TEXTS_PER_PROGRAM = 8  # a program's; with this and the next line the kernels were fastest on an H100
WARPS = 4


def triton_version() -> str:
    """The version of Triton, which comes with torch's builds for CUDA on Linux; "absent" where it is not there."""
    try:
        return metadata.version("triton")
    except metadata.PackageNotFoundError:
        return "absent"


def fits_fused(spec: LayerSpec) -> bool:
    """Says whether `read_fused` is there for `spec`: an LSTM on a GPU, in 16 bits, of not too many units."""
    if spec.cell.name != "lstm" or spec.device.type != "cuda" or spec.is_unique:
        return False
    if spec.hidden_size not in HIDDEN_SIZES or spec.dtype.itemsize != 2:
        return False
    return not describe_trouble(spec.device.index or 0, spec.hidden_size, spec.dtype)


@cache
def describe_trouble(device: int, size: int, numbers: torch.dtype) -> str:
    """Why the kernels do not run on this GPU for so many units; "" where they do: they are tried, once.

    Triton may be absent or old, need a compiler that is not there, or find too little memory in a multiprocessor: 128
    units need 146 KiB of it, of which an A100 and an H100 have enough and GPUs for games have not.
    """
    if torch.cuda.get_device_capability(device) < MIN_CAPABILITY:
        return f"it is older than {MIN_CAPABILITY[0]}.{MIN_CAPABILITY[1]}"
    try:
        with torch.inference_mode(False), torch.enable_grad(), torch.autocast("cuda", enabled=False):
            x = torch.zeros(2, 1, 16, device=f"cuda:{device}", dtype=numbers, requires_grad=True)
            shapes = (4 * size, 16), (4 * size, size), (4 * size,), (4 * size,)
            weights = [[torch.zeros(shape, device=x.device) for shape in shapes]]
            states = read_fused(x, torch.tensor([2], device=x.device), weights)
            torch.autograd.grad(states[0].sum(), x)
        torch.cuda.synchronize(device)
    except Exception as error:
        why = " ".join(str(error).split())[:200]
        warnings.warn(f"cuDNN's LSTM is used, not the faster kernel of {size} units: {why}", stacklevel=2)
        return why or type(error).__name__
    return ""


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


def numbers_on_gpu(x: Tensor) -> torch.dtype:
    """Returns the dtype that autocast asks for where `x`, on a GPU, is multiplied; that of `x` without autocast."""
    return torch.get_autocast_dtype("cuda") if torch.is_autocast_enabled("cuda") else x.dtype


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, lengths: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias: Tensor) -> Tensor:
        from textrnn.nn.kernels.triton_lstm_kernels import read_forward

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
            DIRECTIONS=directions, UNITS=size, TEXTS=TEXTS_PER_PROGRAM, KEEP=keep, num_warps=WARPS,
        )  # fmt: skip
        if keep:
            ctx.save_for_backward(x, short, weight_ih, weight_hh, states, gates, cells)
        return states

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        from textrnn.nn.kernels.triton_lstm_kernels import read_backward

        x, short, weight_ih, weight_hh, states, gates, cells = ctx.saved_tensors
        steps, texts, directions, size = states.shape
        changes = torch.empty_like(gates)
        read_backward[_grid(texts, directions)](
            gradient.contiguous(), weight_hh, short, gates, cells, changes, steps, texts,
            DIRECTIONS=directions, UNITS=size, TEXTS=TEXTS_PER_PROGRAM, num_warps=WARPS,
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
    return -(-texts // TEXTS_PER_PROGRAM), directions


def _read(layer: Layer) -> Encoded:
    return Encoded(*read_fused(layer.x, layer.lengths, layer.weights))


TRITON_LSTM = Kernel("lstm by Triton", fits_fused, _read, version=lambda dtype: triton_version())
