"""Maximum with mean over the real steps in one pass; their gradient in another."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from textrnn.nn.batch import mask_of

MIN_FLOAT = -3.0e38  # finite: -inf would make NaN of 0 * -inf
_CHUNK = 16  # steps that stay in a core's cache while they are looked at


def max_mean(x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """The maximum and the mean (B, H) over the real steps of `x` (T, B, H), by `lengths` (B,).

    A text without tokens gives zeros. Where several steps hold the maximum, they share its gradient.
    """
    highest, mean = _MaxMean.apply(x, lengths)  # type: ignore[no-untyped-call]
    return highest, mean


class _MaxMean(torch.autograd.Function):
    """Masks are made only where a text of the batch has ended: in a batch of like lengths, almost nowhere."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        highest = x.new_full(x.shape[1:], MIN_FLOAT)
        total = torch.zeros_like(highest, dtype=torch.promote_types(x.dtype, torch.float32))
        for chunk, mask in _chunks(x, lengths):
            part = x[chunk]
            maskable = part if mask is None else part.masked_fill(~mask, MIN_FLOAT)
            torch.maximum(highest, maskable.amax(dim=0), out=highest)
            total += (part if mask is None else part * mask).sum(dim=0, dtype=total.dtype)
        ctx.save_for_backward(x, lengths, highest)
        real = (lengths > 0).unsqueeze(-1)
        mean = (total / lengths.clamp(min=1).unsqueeze(-1)).to(x.dtype)
        return highest * real, mean

    @staticmethod
    def backward(ctx: Any, d_highest: Tensor, d_mean: Tensor) -> tuple[Tensor, None]:
        x, lengths, highest = ctx.saved_tensors
        times = torch.zeros_like(highest, dtype=torch.float32)
        chunks = _chunks(x, lengths)
        # 1 at the maximum, else 0, as numbers: what is done with booleans is not vectorised, and twice as slow
        equal = x.new_empty(max((chunk.stop - chunk.start for chunk, _ in chunks), default=0), *highest.shape)
        for chunk, mask in chunks:
            there = torch.eq(x[chunk], highest, out=equal[: chunk.stop - chunk.start])
            times += (there if mask is None else there * mask).sum(dim=0, dtype=torch.float32)
        each = d_mean / lengths.clamp(min=1).unsqueeze(-1)
        more = (d_highest / times.clamp(min=1)).to(x.dtype)
        dx = torch.empty_like(x)
        for chunk, mask in chunks:
            there = torch.eq(x[chunk], highest, out=equal[: chunk.stop - chunk.start])
            torch.addcmul(each, there, more, out=dx[chunk])
            if mask is not None:
                dx[chunk] *= mask
        return dx, None


def _chunks(x: Tensor, lengths: Tensor) -> list[tuple[slice, Tensor | None]]:
    """The steps of `x` (T, B, H) in slices, each with its mask (t, B, 1) unless every step of it is real.

    On a GPU one slice with its mask: to look at the lengths would be to wait for it.
    """
    steps = x.shape[0]
    mask = mask_of(lengths, steps).unsqueeze(-1)
    if x.device.type != "cpu":
        return [(slice(0, steps), mask)]
    shortest = int(lengths.min()) if len(lengths) else 0
    slices = [slice(start, min(start + _CHUNK, steps)) for start in range(0, steps, _CHUNK)]
    return [(each, None if each.stop <= shortest else mask[each]) for each in slices]
