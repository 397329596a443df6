"""Elman's recurrence with both of its equations, over a dense batch (Elman 1990, "Finding structure in time").

    h_t = tanh(W_hh h_{t-1} + W_xh x_t + b_h);  o_t = tanh(W_ho h_t + W_xo x_t + b_o)

`torch.nn.RNN` has the first alone. The output waits for no other output: it is one product for all steps.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from textrnn.nn.kernels.dense import read_dense
from textrnn.nn.kernels.kernel import Kernel

_tanh_backward = torch.ops.aten.tanh_backward.grad_input


def read_elman(
    x: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor,
    weight_io: Tensor,
    weight_ho: Tensor,
    bias_io: Tensor,
) -> Tensor:
    """The outputs o (T, B, O) over `x` (T, B, E) from a zero state, in the number format of `x`.

    `weight_ih` (H, E), `weight_hh` (H, H) and `bias_ih` (H,) make the hidden state; `weight_io` (O, E), `weight_ho`
    (O, H) and `bias_io` (O,) the output. Equal to `cells.elman_forward` to float error, gradients too.
    """
    outputs: Tensor = _Elman.apply(x, weight_ih, weight_hh, bias_ih, weight_io, weight_ho, bias_io)  # type: ignore[no-untyped-call]
    return outputs


class _Elman(torch.autograd.Function):
    """One product for what the input gives to both equations, a tight loop for h, one product for o."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, *weights: Tensor) -> Tensor:
        weight_ih, weight_hh, bias_ih, weight_io, weight_ho, bias_io = weights
        steps, texts, _ = x.shape
        size, rows = len(weight_hh), x.reshape(steps * texts, -1)
        # by `out`: autocast would give a format that the loop cannot add to
        states, outputs = (rows.new_empty(steps * texts, len(weight)) for weight in (weight_hh, weight_ho))
        torch.addmm(bias_ih, rows, weight_ih.t(), out=states)
        h, turned = states.view(steps, texts, size).unbind(0), weight_hh.t()
        h[0].tanh_()
        for t in range(1, steps):
            h[t].addmm_(h[t - 1], turned).tanh_()
        torch.addmm(bias_io, rows, weight_io.t(), out=outputs).addmm_(states, weight_ho.t()).tanh_()
        outputs = outputs.view(steps, texts, -1)
        ctx.save_for_backward(x, weight_ih, weight_hh, weight_io, weight_ho, states, outputs)
        return outputs

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        x, weight_ih, weight_hh, weight_io, weight_ho, states, outputs = ctx.saved_tensors
        steps, texts, _ = x.shape
        rows = x.reshape(steps * texts, -1)
        d_out = torch.ops.aten.tanh_backward(gradient, outputs).reshape(steps * texts, -1)
        d_sums = d_out @ weight_ho  # what reaches h_t through o_t; the loop adds what reaches it through h_{t+1}
        d, h = d_sums.view(steps, texts, -1).unbind(0), states.view(steps, texts, -1).unbind(0)
        for t in reversed(range(steps)):
            _tanh_backward(d[t], h[t], grad_input=d[t])
            if t:
                d[t - 1].addmm_(d[t], weight_hh)
        return (
            (d_sums @ weight_ih).addmm_(d_out, weight_io).view(x.shape),
            d_sums.t() @ rows,
            d_sums[texts:].t() @ states[:-texts],
            d_sums.sum(dim=0),
            d_out.t() @ rows,
            d_out.t() @ states,
            d_out.sum(dim=0),
        )


ELMAN_DENSE = Kernel(
    "elman over a dense batch",
    lambda spec: spec.cell.name == "elman",
    partial(read_dense, read=read_elman),
)
