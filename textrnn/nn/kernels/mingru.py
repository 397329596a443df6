"""minGRU over a dense batch, without C: products chunk by chunk, one multiply-add a step, its gradient by hand.

A scan in logarithms, as the paper has it for GPUs (Feng et al. 2024), would be slower here and less exact.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textrnn.nn.kernels.dense import read_dense
from textrnn.nn.kernels.kernel import Kernel

CHUNK = 16  # steps whose numbers stay in a core's cache from the product that makes them to their last use


def read_mingru(x: Tensor, weight_ih: Tensor, bias_ih: Tensor) -> Tensor:
    """The states (T, B, H) of a minGRU over `x` (T, B, E) from a zero state.

    `weight_ih` (3 * H, E) holds the rows of the gate z, of the candidate c, and those by which the gate reads the token
    before; `bias_ih` (2 * H,) is that of z and c. Under autocast the products are in its numbers, all else in those of
    `x`.
    """
    kind = x.device.type
    numbers = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
    states: Tensor = _MinGru.apply(x, weight_ih, bias_ih, numbers)  # type: ignore[no-untyped-call]
    return states


class _MinGru(torch.autograd.Function):
    """Chunk by chunk: the products, the gate, and one multiply-add a step; the gradient by hand.

    Candidates are not kept: z * (c - h) is what a step adds to the state, and states are there.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight_ih: Tensor, bias_ih: Tensor, numbers: torch.dtype) -> Tensor:
        steps, texts, _ = x.shape
        size = len(weight_ih) // 3
        of_gate, of_candidate, of_before = weight_ih.to(numbers).chunk(3)
        gate_bias, candidate_bias = bias_ih.to(numbers).chunk(2)
        gates, states = (x.new_empty(steps, texts, size) for _ in range(2))
        candidates = x.new_empty(CHUNK, texts, size)
        each_state, each_gate, each_candidate = states.unbind(0), gates.unbind(0), candidates.unbind(0)
        h = x.new_zeros(texts, size)
        for start in range(0, steps, CHUNK):
            stop = min(start + CHUNK, steps)
            rows = x[start:stop].reshape((stop - start) * texts, -1).to(numbers)
            z, c = gates[start:stop].flatten(0, 1), candidates[: stop - start].flatten(0, 1)
            _put(z, torch.addmm, gate_bias, rows, of_gate.t())
            with_one = slice(texts, None) if start == 0 else slice(None)  # the first has no token before it
            _add(z[with_one], _before(x, start, stop).to(numbers), of_before.t())
            z.sigmoid_()
            _put(c, torch.addmm, candidate_bias, rows, of_candidate.t())
            for t in range(start, stop):
                h = torch.lerp(h, each_candidate[t - start], each_gate[t], out=each_state[t])
        ctx.save_for_backward(x, weight_ih, gates, states)
        ctx.numbers = numbers
        return states

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, weight_ih, gates, states = ctx.saved_tensors
        steps, texts, size = states.shape
        dx, d_weight = torch.zeros_like(x, memory_format=torch.contiguous_format), torch.zeros_like(weight_ih)
        d_bias = weight_ih.new_zeros(2 * size)
        of_gate, of_candidate, of_before = weight_ih.to(ctx.numbers).chunk(3)
        d_gate, d_candidate, d_before = d_weight.chunk(3)
        each_gradient = gradient.unbind(0)
        all_dc, all_stays, all_passed = (gates.new_empty(CHUNK, texts, size) for _ in range(3))
        each_dh, each_stay, each_passed = all_dc.unbind(0), all_stays.unbind(0), all_passed.unbind(0)
        passed = gates.new_zeros(texts, size)  # what a step gives back to the one before it
        for start in reversed(range(0, steps, CHUNK)):
            stop = min(start + CHUNK, steps)
            count, z = stop - start, gates[start:stop]
            dc, stays, dz = all_dc[:count], all_stays[:count], all_passed[:count]
            torch.sub(1, z, out=stays)
            for t in reversed(range(count)):
                torch.add(each_gradient[start + t], passed, out=each_dh[t])
                passed = torch.mul(each_dh[t], each_stay[t], out=each_passed[t])
            passed = passed.clone()
            dc.mul_(z)
            # d(z's input) = dh * (c - h) * z * (1 - z), and z * (c - h) = h' - h
            dz.mul_(_added_by(states, start, stop, out=stays))
            d_bias.add_(torch.cat([dz.sum(dim=(0, 1)), dc.sum(dim=(0, 1))]))
            rows, dz, dc = (part.reshape(count * texts, -1).to(ctx.numbers) for part in (x[start:stop], dz, dc))
            out = dx[start:stop].view(count * texts, -1)
            _add(out, dz, of_gate)
            _add(out, dc, of_candidate)
            _add(d_gate, dz.t(), rows)
            _add(d_candidate, dc.t(), rows)
            before, dz = _before(x, start, stop), dz[texts:] if start == 0 else dz
            _add(_before(dx, start, stop), dz, of_before)
            _add(d_before, dz.t(), before.to(ctx.numbers))
        return dx, d_weight, d_bias, None


def _before(x: Tensor, start: int, stop: int) -> Tensor:
    """Of `x` (T, B, E) the rows (n * B, E) before the steps `start` to `stop`; the first step has none."""
    return x[max(start - 1, 0) : stop - 1].reshape(-1, x.shape[2]) if stop > 1 else x.new_zeros(0, x.shape[2])


def _put(out: Tensor, product: Callable[..., Tensor], *of: Tensor) -> Tensor:
    """Into `out` the `product` of what may be in other numbers."""
    if of[0].dtype == out.dtype:
        return product(*of, out=out)
    return out.copy_(product(*of))


def _add(out: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """To `out` the product of what may be in other numbers."""
    return out.addmm_(a, b) if a.dtype == out.dtype else out.add_(a @ b)


def _added_by(states: Tensor, start: int, stop: int, out: Tensor) -> Tensor:
    """Into `out`: what each step from `start` to `stop` added to the state, which is 0 before the first."""
    if start:
        return torch.sub(states[start:stop], states[start - 1 : stop - 1], out=out)
    out[0] = states[0]
    torch.sub(states[1:stop], states[: stop - 1], out=out[1:])
    return out


MINGRU_DENSE = Kernel(
    "mingru over a dense batch",
    lambda spec: spec.cell.name == "mingru",
    partial(read_dense, read=read_mingru),
)
