"""One direction of an LSTM on a processor: products by torch, steps in C, and a token's product taken once.

Where a word stands twice and dropout does not tell the two apart, the products of their vectors with the input weights
are one; backwards the gradients of both are added before they are multiplied. Of the words of a film review 60 % are
different ones, of 64 reviews together 21 %. The input's products are half of all the arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.nn.native import Native, differentiate_steps, native_of, number_tokens, read_steps, sum_rows

FEW = 0.8  # a larger share of different tokens is not worth the gathering: measured, in both kinds of numbers
ALWAYS = frozenset({torch.bfloat16})  # where nothing repeats, torch's steps in float32 are the faster ones


@dataclass(frozen=True)
class Distinct:
    """The N different tokens of a batch (T, B): `rows` (T, B) int64 says which of them each is, 0 at padding.

    `tokens` (N,) are their ids, `texts` (N,) the texts they are met in: where tokens are kept apart by texts, those of
    text b are `starts[b]` to `starts[b + 1]`, else `starts` is None.
    """

    rows: Tensor
    tokens: Tensor
    texts: Tensor
    starts: list[int] | None

    def part(self, start: int, stop: int) -> tuple[slice, Tensor]:
        """For the texts `start` to `stop`: their tokens, and which of those each is."""
        rows = self.rows[:, start:stop].contiguous()
        if self.starts is None:
            return slice(None), rows
        first = self.starts[start]
        return slice(first, self.starts[stop]), (rows - first).clamp_(min=0)  # padding says 0


def native_for(x: Tensor, size: int) -> Native | None:
    """The library that reads `x` with an LSTM of `size` units, as autocast has it; None where there is none."""
    if x.device.type != "cpu":
        return None
    numbers = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    found = native_of(numbers)
    return found if found is not None and found.fits(size) else None


def distinct_of(native: Native, ids: Tensor, lengths: Tensor, vocabulary_size: int, *, apart: bool) -> Distinct | None:
    """The different tokens of `ids` (T, B) of `lengths` (B,), `apart` by texts or not; None where they are many."""
    rows, tokens, texts = number_tokens(native, ids.contiguous(), lengths.contiguous(), vocabulary_size, apart=apart)
    if len(tokens) > FEW * int(lengths.sum()):
        return None
    starts = torch.searchsorted(texts, torch.arange(len(lengths) + 1)).tolist() if apart else None
    return Distinct(rows, tokens, texts, starts)


def read_native(
    native: Native, x: Tensor, rows: Tensor | None, lengths: Tensor, *weights: Tensor, backwards: bool
) -> Tensor:
    """The states (T, B, H) of an LSTM over texts of `lengths` (B,), in the order of the texts; 0 at padding.

    It reads `x` (T, B, E), or of `x` (N, E) the rows that `rows` (T, B) int64 says; `backwards`, each text from its
    last token to its first. `weights` as torch has them.
    """
    keep = torch.is_grad_enabled()  # inside of a function of autograd's it always says no
    states: Tensor = _Lstm.apply(native, keep, x, rows, lengths, backwards, *weights)  # type: ignore[no-untyped-call]
    return states


class _Lstm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        native: Native,
        keep: bool,
        x: Tensor,
        rows: Tensor | None,
        lengths: Tensor,
        backwards: bool,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor,
        bias_hh: Tensor,
    ) -> Tensor:
        numbers, size = native.numbers, weight_hh.shape[1]
        steps, texts = x.shape[:2] if rows is None else rows.shape
        order = native.order(size)
        w_ih, w_hh = (weight[order].to(numbers) for weight in (weight_ih, weight_hh))
        vectors = x.reshape(-1, x.shape[-1]).to(numbers)
        keep = keep and any(ctx.needs_input_grad)
        states = vectors.new_empty(steps, texts, size)
        gates = vectors.new_empty(steps, texts, 4 * size) if keep else None
        cells = vectors.new_empty(steps, texts, size, dtype=torch.float32) if keep else None
        read_steps(
            native, vectors @ w_ih.t(), rows, lengths, (bias_ih + bias_hh)[order].float(), w_hh,
            steps=steps, backwards=backwards, states=states, gates=gates, cells=cells,
        )  # fmt: skip
        if keep:
            ctx.save_for_backward(vectors, rows, lengths, w_ih, w_hh, order, states, gates, cells)
            ctx.native, ctx.backwards, ctx.shape = native, backwards, x.shape
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        vectors, rows, lengths, w_ih, w_hh, order, states, gates, cells = ctx.saved_tensors
        native, texts = ctx.native, len(lengths)
        changes, d_bias = differentiate_steps(
            native, gradient.to(native.numbers).contiguous(), gates, cells, lengths, w_hh, backwards=ctx.backwards
        )
        each, before = changes.view(-1, changes.shape[2]), states.view(-1, states.shape[2])
        # the state before a token stands one step earlier, or where texts are read from their ends, later
        earlier, later = slice(len(each) - texts), slice(texts, None)
        now, then = (earlier, later) if ctx.backwards else (later, earlier)
        d_hh = (before[then].t() @ each[now]).t()  # the other way round a tenth slower
        if rows is not None:
            each = sum_rows(native, changes, rows, lengths, len(vectors))
        d_ih = (vectors.t() @ each).t()
        dx = (each @ w_ih).view(ctx.shape) if ctx.needs_input_grad[2] else None
        d_weights = [torch.empty_like(d).index_copy_(0, order, d) for d in (d_ih, d_hh, d_bias)]
        return None, None, dx, None, None, None, *d_weights, d_weights[2]
