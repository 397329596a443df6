"""LSTM or GRU in C: input products by torch, steps by `textrnn/kernels/recurrence.c`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.nn.kernels.c_layer import native_for, pool_layer, read_layer
from textrnn.nn.kernels.c_steps import differentiate_steps, read_steps, sum_rows
from textrnn.nn.kernels.kernel import Kernel, LayerSpec
from textrnn.nn.kernels.library import NativeLibrary, library_version

GatedCell = Literal["lstm", "gru"]
ALWAYS_FASTER = frozenset({torch.bfloat16})  # where nothing repeats, torch's LSTM in float32 is the faster one


def fits_gated(name: GatedCell, spec: LayerSpec) -> bool:
    """Says whether the steps in C are there for `spec`, and the fastest."""
    if spec.cell.name != name or native_for(spec) is None:
        return False
    return spec.is_unique or name != "lstm" or spec.dtype in ALWAYS_FASTER


def read_gated(
    native: NativeLibrary,
    cell: GatedCell,
    x: Tensor,
    rows: Tensor | None,
    lengths: Tensor,
    *weights: Tensor,
    backwards: bool,
) -> Tensor:
    """The states (T, B, H) of a `cell` over texts of `lengths` (B,), in the order of the texts; 0 at padding.

    It reads `x` (T, B, E), or of `x` (N, E) the rows that `rows` (T, B) int64 says; `backwards`, each text from its
    last token to its first. `weights` as torch has them.
    """
    return _read(native, cell, x, rows, lengths, *weights, backwards=backwards, pools=False)


def pool_gated(
    native: NativeLibrary,
    cell: GatedCell,
    x: Tensor,
    rows: Tensor | None,
    lengths: Tensor,
    *weights: Tensor,
    backwards: bool,
) -> Tensor:
    """The maximum, the mean and the last (3, B, H) float32 of those states, of which none is given, nor its gradient.

    Where several steps hold the maximum, they share its gradient. A text without tokens gives zeros.
    """
    return _read(native, cell, x, rows, lengths, *weights, backwards=backwards, pools=True)


def _read(
    native: NativeLibrary,
    cell: GatedCell,
    x: Tensor,
    rows: Tensor | None,
    lengths: Tensor,
    *weights: Tensor,
    backwards: bool,
    pools: bool,
) -> Tensor:
    keep = torch.is_grad_enabled()  # inside of a function of autograd's it always says no
    found: Tensor = _Steps.apply(native, cell, pools, keep, x, rows, lengths, backwards, *weights)  # type: ignore[no-untyped-call]
    return found


def four_gates(cell: GatedCell, weights: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """`weights` as torch has them, as input weights (4H, E), recurrent ones (4H, H) and a bias (4H,).

    Of a GRU the third gate is what the state alone makes, m of `cells/gru.py`, the fourth what the input alone makes.
    """
    of_input, of_state, bias_input, bias_state = weights
    if cell == "lstm":
        return of_input, of_state, bias_input + bias_state
    size = of_state.shape[1]
    two = 2 * size
    bias = torch.cat([bias_input[:two] + bias_state[:two], bias_state[two:], bias_input[two:]])
    of_input = torch.cat([of_input[:two], of_input.new_zeros(size, of_input.shape[1]), of_input[two:]])
    return of_input, torch.cat([of_state, of_state.new_zeros(size, size)]), bias


def _as_torch_has_them(cell: GatedCell, d_input: Tensor, d_state: Tensor, d_bias: Tensor) -> tuple[Tensor, ...]:
    """The gradients of what `four_gates` took, from those of what it gave."""
    if cell == "lstm":
        return d_input, d_state, d_bias, d_bias
    size = d_state.shape[1]

    def without_third(gates: Tensor) -> Tensor:
        return torch.cat([gates[: 2 * size], gates[3 * size :]])

    return without_third(d_input), d_state[: 3 * size], without_third(d_bias), d_bias[: 3 * size]


class _Steps(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        native: NativeLibrary,
        cell: GatedCell,
        pools: bool,
        keep: bool,
        x: Tensor,
        rows: Tensor | None,
        lengths: Tensor,
        backwards: bool,
        *weights: Tensor,
    ) -> Tensor:
        numbers, size = native.numbers, weights[1].shape[1]
        steps, texts = x.shape[:2] if rows is None else rows.shape
        order = native.order(size)
        w_ih, w_hh, bias = (each[order] for each in four_gates(cell, weights))
        w_ih, w_hh = w_ih.to(numbers), w_hh.to(numbers)
        vectors = x.reshape(-1, x.shape[-1]).to(numbers)
        keep = keep and any(ctx.needs_input_grad)
        states = vectors.new_empty(steps, texts, size) if keep or not pools else None
        gates = vectors.new_empty(steps, texts, 4 * size) if keep else None
        cells = vectors.new_empty(steps, texts, size, dtype=torch.float32) if keep else None
        pooled = vectors.new_empty(4, texts, size, dtype=torch.float32) if pools else None
        read_steps(
            native, cell, vectors @ w_ih.t(), rows, lengths, bias.float(), w_hh,
            steps=steps, backwards=backwards, states=states, gates=gates, cells=cells, pooled=pooled,
        )  # fmt: skip
        if keep:
            ctx.save_for_backward(vectors, rows, lengths, w_ih, w_hh, order, states, gates, cells, pooled)
            ctx.native, ctx.cell, ctx.backwards, ctx.shape = native, cell, backwards, x.shape
        found = states if pooled is None else pooled[:3]
        assert found is not None
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        vectors, rows, lengths, w_ih, w_hh, order, states, gates, cells, pooled = ctx.saved_tensors
        native, texts = ctx.native, len(lengths)
        changes, d_bias = differentiate_steps(
            native, ctx.cell, gradient.to(native.numbers if pooled is None else torch.float32).contiguous(), lengths,
            w_hh, backwards=ctx.backwards, states=states, gates=gates, cells=cells, pooled=pooled,
        )  # fmt: skip
        each, before = changes.view(-1, changes.shape[2]), states.view(-1, states.shape[2])
        # the state before a token stands one step earlier, or where texts are read from their ends, later
        earlier, later = slice(len(each) - texts), slice(texts, None)
        now, then = (earlier, later) if ctx.backwards else (later, earlier)
        d_hh = (before[then].t() @ each[now]).t()  # the other way round a tenth slower
        if rows is not None:
            each = sum_rows(native, changes, rows, lengths, len(vectors))
        d_ih = (vectors.t() @ each).t()
        dx = (each @ w_ih).view(ctx.shape) if ctx.needs_input_grad[4] else None
        by_gate = (torch.empty_like(d).index_copy_(0, order, d) for d in (d_ih, d_hh, d_bias))
        return None, None, None, None, dx, None, None, None, *_as_torch_has_them(ctx.cell, *by_gate)


def gated_kernel(name: GatedCell) -> Kernel:
    """Returns the kernel of one cell."""

    def read(native: NativeLibrary, *given: Any, **named: Any) -> Tensor:
        return read_gated(native, name, *given, **named)

    def pool(native: NativeLibrary, *given: Any, **named: Any) -> Tensor:
        return pool_gated(native, name, *given, **named)

    return Kernel(
        f"{name} in C",
        partial(fits_gated, name),
        partial(read_layer, read=read),
        partial(pool_layer, pool=pool),
        takes_unique=True,
        version=library_version,
    )


GATED_IN_C = (gated_kernel("lstm"), gated_kernel("gru"))
