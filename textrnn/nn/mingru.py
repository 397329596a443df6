"""minGRU: a recurrence whose gate does not look at the state, so that all products are over the whole batch.

    z = sigmoid(W_z x + b);  c = W_c x + b;  h' = (1 - z) * h + z * c

Feng et al. 2024, "Were RNNs All We Needed?", section 3.1. What is left of the loop is one multiply-add a
step: a scan in logarithms, as the paper has it for GPUs, would be slower here and less exact.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

CHUNK = 16  # steps whose numbers stay in a core's cache from the product that makes them to their last use
_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input


def read_mingru(x: Tensor, weight_ih: Tensor, bias_ih: Tensor) -> Tensor:
    """The states (T, B, H) of a minGRU over `x` (T, B, E) from a zero state.

    `weight_ih` (2 * H, E) and `bias_ih` (2 * H,) hold the rows of the gate z, then of the candidate c.
    """
    states: Tensor = _MinGru.apply(x, weight_ih, bias_ih)  # type: ignore[no-untyped-call]
    return states


class _MinGru(torch.autograd.Function):
    """Chunk by chunk: the product, the gate, and one multiply-add a step; the gradient by hand."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight_ih: Tensor, bias_ih: Tensor) -> Tensor:
        steps, texts, _ = x.shape
        rows, turned = x.reshape(steps * texts, -1), weight_ih.t()
        kept = x.new_empty(steps, texts, len(weight_ih))
        states = x.new_empty(steps, texts, len(weight_ih) // 2)
        z, c = kept.chunk(2, dim=-1)
        steps_of = zip(states.unbind(0), c.unbind(0), z.unbind(0), strict=True)
        h = x.new_zeros(texts, states.shape[-1])
        for start in range(0, steps, CHUNK):
            chunk = slice(start, min(start + CHUNK, steps))
            torch.addmm(bias_ih, rows[start * texts : chunk.stop * texts], turned, out=kept[chunk].flatten(0, 1))
            z[chunk].sigmoid_()
            for _, (state, candidate, gate) in zip(range(start, chunk.stop), steps_of, strict=False):
                h = torch.lerp(h, candidate, gate, out=state)
        ctx.save_for_backward(x, weight_ih, kept, states)
        return states

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight_ih, kept, states = ctx.saved_tensors
        steps, texts, size = states.shape
        dx, d_weight = torch.empty_like(x, memory_format=torch.contiguous_format), torch.zeros_like(weight_ih)
        d_bias = weight_ih.new_zeros(2 * size)
        z, c = kept.chunk(2, dim=-1)
        passed = kept.new_zeros(texts, size)  # what a step gives back to the one before it
        all_dh, all_stays = (kept.new_empty(CHUNK, texts, size) for _ in range(2))
        all_d_kept = kept.new_empty(CHUNK, texts, 2 * size)
        for start in reversed(range(0, steps, CHUNK)):
            chunk, count = slice(start, min(start + CHUNK, steps)), min(CHUNK, steps - start)
            dh, stays, d_kept = all_dh[:count], all_stays[:count], all_d_kept[:count]
            dz, dc = d_kept.chunk(2, dim=-1)
            torch.sub(1, z[chunk], out=stays)
            for t in reversed(range(count)):
                torch.add(gradient[start + t], passed, out=dh[t])
                torch.mul(dh[t], stays[t], out=passed)
            torch.mul(dh, z[chunk], out=dc)
            _subtract_states_before(states, c, chunk, out=dz)
            _sigmoid_backward(dz.mul_(dh), z[chunk], grad_input=dz)
            flat, rows = d_kept.view(count * texts, 2 * size), x[chunk].reshape(count * texts, -1)
            torch.mm(flat, weight_ih, out=dx[chunk].view(count * texts, -1))
            d_weight.addmm_(flat.t(), rows)
            d_bias.add_(flat.sum(dim=0))
        return dx, d_weight, d_bias


def _subtract_states_before(states: Tensor, c: Tensor, chunk: slice, out: Tensor) -> None:
    """Into `out`: c - h of the step before, for the steps of `chunk`; before the first step h is 0."""
    if chunk.start:
        torch.sub(c[chunk], states[chunk.start - 1 : chunk.stop - 1], out=out)
        return
    out[0] = c[0]
    torch.sub(c[1 : chunk.stop], states[: chunk.stop - 1], out=out[1:])
