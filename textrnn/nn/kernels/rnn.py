"""The plain recurrence over a dense batch: h' = tanh(W x + b + U h + c), as `torch.nn.RNN` has it (Elman 1990)."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from textrnn.nn.kernels.dense import read_dense
from textrnn.nn.kernels.kernel import Kernel

_tanh_backward = torch.ops.aten.tanh_backward.grad_input


def read_rnn(x: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> Tensor:
    """The states (T, B, H) of a plain RNN over `x` (T, B, E) from a zero state; weights as in `torch.nn.RNN`.

    On the CPU, in the number format of `x`; equal to `torch.rnn_tanh` to float error, gradients too.
    """
    states: Tensor = _Rnn.apply(x, weight_ih, weight_hh, bias_ih, bias_hh)  # type: ignore[no-untyped-call]
    return states


class _Rnn(torch.autograd.Function):
    """One product for the input of all steps, a tight loop for the state, the gradient by hand."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> Tensor:
        steps, texts, _ = x.shape
        size = weight_hh.shape[1]
        states = x.new_empty(steps, texts, size)  # by `out`: autocast would give a format that the loop cannot add to
        rows = x.reshape(steps * texts, -1)
        torch.addmm(bias_ih + bias_hh, rows, weight_ih.t(), out=states.view(steps * texts, size))
        h, turned = states.unbind(0), weight_hh.t()
        h[0].tanh_()
        for t in range(1, steps):
            h[t].addmm_(h[t - 1], turned).tanh_()
        ctx.save_for_backward(x, weight_ih, weight_hh, states)
        return states

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        x, weight_ih, weight_hh, states = ctx.saved_tensors
        steps, texts, size = states.shape
        d_sums = gradient.clone(memory_format=torch.contiguous_format)
        d, h = d_sums.unbind(0), states.unbind(0)
        for t in reversed(range(steps)):
            _tanh_backward(d[t], h[t], grad_input=d[t])
            if t:
                d[t - 1].addmm_(d[t], weight_hh)
        flat = d_sums.view(steps * texts, size)
        d_bias = flat.sum(dim=0)
        d_recurrent = flat[texts:].t() @ states[:-1].view((steps - 1) * texts, size)
        return (flat @ weight_ih).view_as(x), flat.t() @ x.reshape(steps * texts, -1), d_recurrent, d_bias, d_bias


RNN_DENSE = Kernel(
    "rnn over a dense batch",
    lambda spec: spec.cell.name == "rnn" and spec.device.type == "cpu",
    partial(read_dense, read=read_rnn),
)
