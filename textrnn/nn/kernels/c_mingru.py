"""minGRU in C: input products by torch, the rest text by text in `textrnn/kernels/scan.c`."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.kernels.calls import call, int64s
from textrnn.nn.kernels.c_layer import native_for, pool_layer, read_layer
from textrnn.nn.kernels.kernel import Kernel
from textrnn.nn.kernels.library import NativeLibrary, library_version
from textrnn.nn.kernels.pointers import pointer_to


def read_scan(
    native: NativeLibrary, x: Tensor, rows: Tensor | None, lengths: Tensor, *weights: Tensor, backwards: bool
) -> Tensor:
    """The states (T, B, H) of a minGRU: of what, and where they stand, as `c_layer.Read` says."""
    return _read(native, x, rows, lengths, *weights, backwards=backwards, pools=False)


def pool_scan(
    native: NativeLibrary, x: Tensor, rows: Tensor | None, lengths: Tensor, *weights: Tensor, backwards: bool
) -> Tensor:
    """The maximum, the mean and the last (3, B, H) float32 of those states, as `c_layer.Read` says."""
    return _read(native, x, rows, lengths, *weights, backwards=backwards, pools=True)


def scan_steps(
    native: NativeLibrary,
    inputs: Tensor,
    rows: Tensor | None,
    lengths: Tensor,
    bias: Tensor,
    *,
    steps: int,
    backwards: bool,
    states: Tensor | None = None,
    kept: Tensor | None = None,
    pooled: Tensor | None = None,
) -> None:
    """The steps of a minGRU of H units over B texts of `lengths` (B,) int64, written where the last three say.

    `inputs` (N, 3H) are input products in `native.numbers`, in `native.order`; `rows` (T, B) int64 which of them is a
    token's (None: N is T * B, and its own); `bias` (2H,) float32; `states` (T, B, H) in `native.numbers`,
    `kept` the same in float32, `pooled` (4, B, H) float32 as in `read_steps`. Raises ValueError for lengths that cannot
    be, MemoryError.
    """
    texts, size, own, full = len(lengths), len(bias) // 2, native.numbers, torch.float32
    given = [
        pointer_to(inputs, own, len(inputs) if rows is not None else steps * texts, 3 * size),
        pointer_to(rows, torch.int64, steps, texts),
        pointer_to(lengths, torch.int64, texts),
        pointer_to(bias, full, 2 * size),
    ]
    written = [
        pointer_to(states, own, steps, texts, size),
        pointer_to(kept, full, steps, texts, size),
        pointer_to(pooled, full, 4, texts, size),
    ]
    call(native.library.scan, *given, *written, *int64s(steps, texts, size), int(backwards))


def _read(
    native: NativeLibrary,
    x: Tensor,
    rows: Tensor | None,
    lengths: Tensor,
    *weights: Tensor,
    backwards: bool,
    pools: bool,
) -> Tensor:
    keep = torch.is_grad_enabled()  # inside of a function of autograd's it always says no
    found: Tensor = _Scan.apply(native, pools, keep, x, rows, lengths, backwards, *weights)  # type: ignore[no-untyped-call]
    return found


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        native: NativeLibrary,
        pools: bool,
        keep: bool,
        x: Tensor,
        rows: Tensor | None,
        lengths: Tensor,
        backwards: bool,
        weight_ih: Tensor,
        bias_ih: Tensor,
    ) -> Tensor:
        numbers, size = native.numbers, len(bias_ih) // 2
        steps, texts = x.shape[:2] if rows is None else rows.shape
        order = native.order(size, parts=3)
        weight, vectors = weight_ih[order].to(numbers), x.reshape(-1, x.shape[-1]).to(numbers)
        inputs, bias = vectors @ weight.t(), bias_ih.float()
        keep = keep and any(ctx.needs_input_grad)
        states = None if pools else vectors.new_empty(steps, texts, size)
        kept = vectors.new_empty(steps, texts, size, dtype=torch.float32) if keep else None
        pooled = vectors.new_empty(4, texts, size, dtype=torch.float32) if pools else None
        scan_steps(
            native, inputs, rows, lengths, bias, steps=steps, backwards=backwards,
            states=states, kept=kept, pooled=pooled,
        )  # fmt: skip
        if keep:
            ctx.save_for_backward(vectors, rows, lengths, weight, order, bias, inputs, kept, pooled)
            ctx.native, ctx.backwards, ctx.shape = native, backwards, x.shape
        found = states if pooled is None else pooled[:3]
        assert found is not None
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        vectors, rows, lengths, weight, order, bias, inputs, kept, pooled = ctx.saved_tensors
        native, full, own = ctx.native, torch.float32, ctx.native.numbers
        d_inputs, d_bias = torch.empty_like(inputs), torch.empty_like(bias)
        if pooled is None:
            gradient = gradient.to(own).contiguous()
            ways = [pointer_to(gradient, own, *kept.shape), pointer_to(None, full)]
        else:
            gradient = gradient.float().contiguous()
            ways = [pointer_to(None, own), pointer_to(gradient, full, 3, *kept.shape[1:])]
        given = [
            pointer_to(inputs, own),
            pointer_to(rows, torch.int64),
            pointer_to(lengths, torch.int64),
            pointer_to(bias, full),
            *ways,
            pointer_to(pooled, full),
            pointer_to(kept, full),
            pointer_to(d_inputs, own),
            pointer_to(d_bias, full),
        ]
        call(native.library.scan_back, *given, *int64s(len(inputs), *kept.shape), int(ctx.backwards))
        d_weight = torch.empty_like(weight).index_copy_(0, order, (vectors.t() @ d_inputs).t())
        dx = (d_inputs @ weight).view(ctx.shape) if ctx.needs_input_grad[3] else None
        return None, None, None, dx, None, None, None, d_weight, d_bias


MINGRU_IN_C = Kernel(
    "mingru in C",
    lambda spec: spec.cell.name == "mingru" and native_for(spec) is not None,
    partial(read_layer, read=read_scan),
    partial(pool_layer, pool=pool_scan),
    takes_unique=True,
    version=library_version,
)
