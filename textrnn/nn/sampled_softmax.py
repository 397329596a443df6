"""A softmax over some of the vocabulary, with its gradients by hand: nothing as wide as the vocabulary is kept."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

ROWS_AT_ONCE = 256  # positions at once: their logits stay in a core's cache


def sampled_loss(
    states: Tensor, rows: Tensor, bias: Tensor, cells: Tensor, shares: Tensor, dtype: torch.dtype
) -> Tensor:
    """The cross-entropy, summed over N positions, of softmax(`states` @ `rows`.T + `bias`) with wanted shares.

    `states` (N, E), `rows` (K, E) and `bias` (K,) float32; what is wanted of the K tokens at a position sums to 1
    and is given where it is not 0: `cells` (M,) int64, position * K + token, never falling, and `shares` (M,) float32.
    Products are computed in `dtype`.
    """
    loss: Tensor = _SampledLoss.apply(states, rows, bias, cells, shares, dtype)  # type: ignore[no-untyped-call]
    return loss


class _SampledLoss(torch.autograd.Function):
    """Loss and gradients, a few positions at a time: the loss is only ever multiplied by a number afterwards."""

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, rows: Tensor, bias: Tensor, cells: Tensor, shares: Tensor, dtype: torch.dtype
    ) -> Tensor:
        low, low_rows = states.to(dtype), rows.to(dtype)
        d_states, d_rows, d_bias = torch.empty_like(states), torch.zeros_like(rows), torch.zeros_like(bias)
        total = states.new_zeros(())
        starts = torch.arange(0, len(states) + ROWS_AT_ONCE, ROWS_AT_ONCE, device=cells.device)
        bounds = torch.searchsorted(cells, starts * len(rows)).tolist()
        for number, start in enumerate(range(0, len(states), ROWS_AT_ONCE)):
            here, part = slice(start, start + ROWS_AT_ONCE), slice(bounds[number], bounds[number + 1])
            wanted, where = shares[part], cells[part] - start * len(rows)
            logits = (low[here] @ low_rows.t()).float().add_(bias)
            whole = logits.logsumexp(dim=1, keepdim=True)
            total += whole.sum() - (logits.view(-1)[where] * wanted).sum()
            gradient = logits.sub_(whole).exp_()
            gradient.view(-1).scatter_add_(0, where, -wanted)
            d_bias += gradient.sum(dim=0)
            low_gradient = gradient.to(dtype)
            d_states[here] = low_gradient @ low_rows
            d_rows += low_gradient.t() @ low[here]
        ctx.save_for_backward(d_states, d_rows, d_bias)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        d_states, d_rows, d_bias = ctx.saved_tensors
        return d_states * gradient, d_rows * gradient, d_bias * gradient, None, None, None
