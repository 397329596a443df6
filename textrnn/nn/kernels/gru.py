"""The GRU over a dense batch: one product for the input, a tight loop over steps, its gradient by hand.

    r, z = sigmoid(W_r x + U_r h + b), sigmoid(W_z x + U_z h + b)
    m = U_n h + c;  n = tanh(W_n x + b + r * m);  h' = (1 - z) * n + z * h

as `torch.nn.GRU` has it (Cho et al. 2014, with the reset gate after the product).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from textrnn.nn.kernels.dense import read_dense
from textrnn.nn.kernels.kernel import Kernel

_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward.grad_input


def read_gru(x: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> Tensor:
    """The states (T, B, H) of a GRU over `x` (T, B, E) from a zero state; weights as in `torch.nn.GRU`.

    On the CPU, in the number format of `x`; equal to `torch.gru` to float error, gradients too.
    """
    states: Tensor = _Gru.apply(x, weight_ih, weight_hh, bias_ih, bias_hh)  # type: ignore[no-untyped-call]
    return states


class _Gru(torch.autograd.Function):
    """Each step keeps m, r, z, n side by side: what the state moves is one block, what the input moves another."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> Tensor:
        steps, texts, _ = x.shape
        size = weight_hh.shape[1]
        recurrent = _candidate_first(weight_hh, size)
        kept = x.new_empty(steps, texts, 4 * size)
        kept[:, :, :size] = bias_hh[2 * size :]
        bias = torch.cat([bias_ih[: 2 * size] + bias_hh[: 2 * size], bias_ih[2 * size :]])
        torch.addmm(bias, x.reshape(steps * texts, -1), weight_ih.t(), out=kept.view(steps * texts, -1)[:, size:])
        states = x.new_empty(steps, texts, size)
        by_state, gates = kept[:, :, : 3 * size].unbind(0), kept[:, :, size : 3 * size].unbind(0)
        m, r, z, n = (part.unbind(0) for part in torch.split(kept, size, dim=-1))
        h, turned = states.unbind(0), recurrent.t()
        before = x.new_zeros(texts, size)
        for t in range(steps):
            if t:
                by_state[t].addmm_(before, turned)
            gates[t].sigmoid_()
            n[t].addcmul_(r[t], m[t]).tanh_()
            before = torch.lerp(n[t], before, z[t], out=h[t])
        ctx.save_for_backward(x, weight_ih, weight_hh, kept, states)
        return states

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        x, weight_ih, weight_hh, kept, states = ctx.saved_tensors
        steps, texts, size = states.shape
        recurrent = _candidate_first(weight_hh, size)
        carried = gradient.clone(memory_format=torch.contiguous_format)
        d_kept = torch.empty_like(kept)
        d_by_state, d_gates = d_kept[:, :, : 3 * size].unbind(0), d_kept[:, :, size : 3 * size].unbind(0)
        dm, dr, dz, dn = (part.unbind(0) for part in torch.split(d_kept, size, dim=-1))
        gates = kept[:, :, size : 3 * size].unbind(0)
        m, r, z, n = (part.unbind(0) for part in torch.split(kept, size, dim=-1))
        h, dh, start = states.unbind(0), carried.unbind(0), x.new_zeros(texts, size)
        for t in reversed(range(steps)):
            torch.sub(h[t - 1] if t else start, n[t], out=dz[t]).mul_(dh[t])
            torch.mul(dh[t], z[t], out=dm[t])
            torch.sub(dh[t], dm[t], out=dn[t])
            if t:
                dh[t - 1].add_(dm[t])
            _tanh_backward(dn[t], n[t], grad_input=dn[t])
            torch.mul(dn[t], m[t], out=dr[t])
            _sigmoid_backward(d_gates[t], gates[t], grad_input=d_gates[t])
            torch.mul(dn[t], r[t], out=dm[t])
            if t:
                dh[t - 1].addmm_(d_by_state[t], recurrent)
        by_input = d_kept.view(steps * texts, -1)[:, size:]
        by_state = d_kept[1:].view((steps - 1) * texts, 4 * size)[:, : 3 * size]
        d_recurrent = by_state.t() @ states[:-1].view((steps - 1) * texts, size)
        d_bias = d_kept.sum(dim=(0, 1))
        return (
            (by_input @ weight_ih).view_as(x),
            by_input.t() @ x.reshape(steps * texts, -1),
            torch.cat([d_recurrent[size:], d_recurrent[:size]]),
            d_bias[size:],
            torch.cat([d_bias[size : 3 * size], d_bias[:size]]),
        )


def _candidate_first(weight_hh: Tensor, size: int) -> Tensor:
    """The rows of r, z, n as n, r, z: in the order in which a step keeps what they make."""
    return torch.cat([weight_hh[2 * size :], weight_hh[: 2 * size]])


GRU_DENSE = Kernel(
    "gru over a dense batch",
    lambda spec: spec.cell.name == "gru" and spec.device.type == "cpu",
    partial(read_dense, read=read_gru),
)
