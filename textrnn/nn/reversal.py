"""Texts of a padded batch, each reversed within its own length."""

from __future__ import annotations

import torch
from torch import Tensor


def reversal_of(lengths: Tensor, steps: int) -> Tensor:
    """Returns flat positions (T * B,) int64 that reverse each text of `lengths` (B,) within its own length.

    Applied twice they change nothing; padding stays where it is.
    """
    time = torch.arange(steps, device=lengths.device).unsqueeze(1)
    mirrored = torch.where(time < lengths, lengths - 1 - time, time)
    texts = torch.arange(len(lengths), device=lengths.device)
    return (mirrored * len(lengths) + texts).reshape(-1)


def reverse(x: Tensor, reversal: Tensor) -> Tensor:
    """Returns `x` (T, B, F) with each text reversed within its own length, by `reversal_of`."""
    reversed_: Tensor = _Permute.apply(x, reversal)  # type: ignore[no-untyped-call]
    return reversed_


class _Permute(torch.autograd.Function):
    """Rows in another order, by a permutation that is its own inverse: the gradient is the same gather."""

    @staticmethod
    def forward(ctx, x: Tensor, positions: Tensor) -> Tensor:  # type: ignore[no-untyped-def]
        ctx.save_for_backward(positions)
        return x.reshape(len(positions), -1).index_select(0, positions).view_as(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[no-untyped-def]
        (positions,) = ctx.saved_tensors
        flat = gradient.reshape(len(positions), -1).index_select(0, positions)
        return flat.view(gradient.shape), None
