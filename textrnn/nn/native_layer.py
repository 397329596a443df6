"""One direction of an LSTM or a GRU on a processor: products by torch, steps in C, and a token's product taken once.

Where a word stands twice and dropout does not tell the two apart, the products of their vectors with the input weights
are one; backwards the gradients of both are added before they are multiplied. Of the words of a film review 60 % are
different ones, of 64 reviews together 21 %. The input's products are half of all the arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from textrnn.nn.native import Native, native_of
from textrnn.nn.native_steps import differentiate_steps, number_tokens, read_steps, sum_rows

Cell = Literal["lstm", "gru"]
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

    def part(self, start: int, stop: int) -> tuple[slice | None, Tensor]:
        """For the texts `start` to `stop`: their tokens, None for all, and which of those each is."""
        rows = self.rows[:, start:stop].contiguous()
        if self.starts is None or stop - start == self.rows.shape[1]:
            return None, rows
        first = self.starts[start]
        return slice(first, self.starts[stop]), (rows - first).clamp_(min=0)  # padding says 0


def native_for(x: Tensor, size: int) -> Native | None:
    """The library that reads `x` with `size` units, as autocast has it; None where there is none."""
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
    native: Native, cell: Cell, x: Tensor, rows: Tensor | None, lengths: Tensor, *weights: Tensor, backwards: bool
) -> Tensor:
    """The states (T, B, H) of a `cell` over texts of `lengths` (B,), in the order of the texts; 0 at padding.

    It reads `x` (T, B, E), or of `x` (N, E) the rows that `rows` (T, B) int64 says; `backwards`, each text from its
    last token to its first. `weights` as torch has them.
    """
    return _read(native, cell, x, rows, lengths, *weights, backwards=backwards, pools=False)


def pool_native(
    native: Native, cell: Cell, x: Tensor, rows: Tensor | None, lengths: Tensor, *weights: Tensor, backwards: bool
) -> Tensor:
    """The maximum, the mean and the last (3, B, H) float32 of those states, of which none is given, nor its gradient.

    Where several steps hold the maximum, they share its gradient. A text without tokens gives zeros.
    """
    return _read(native, cell, x, rows, lengths, *weights, backwards=backwards, pools=True)


def _read(
    native: Native,
    cell: Cell,
    x: Tensor,
    rows: Tensor | None,
    lengths: Tensor,
    *weights: Tensor,
    backwards: bool,
    pools: bool,
) -> Tensor:
    keep = torch.is_grad_enabled()  # inside of a function of autograd's it always says no
    found: Tensor = _Steps.apply(native, cell, pools, keep, x, rows, lengths, backwards, *weights)  # type: ignore[no-untyped-call]
    return found


def four_gates(cell: Cell, weights: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """`weights` as torch has them, as input weights (4H, E), recurrent ones (4H, H) and a bias (4H,).

    Of a GRU the third gate is what the state alone makes, m of `gru.py`, and the fourth what the input alone does.
    """
    of_input, of_state, bias_input, bias_state = weights
    if cell == "lstm":
        return of_input, of_state, bias_input + bias_state
    size = of_state.shape[1]
    two = 2 * size
    bias = torch.cat([bias_input[:two] + bias_state[:two], bias_state[two:], bias_input[two:]])
    of_input = torch.cat([of_input[:two], of_input.new_zeros(size, of_input.shape[1]), of_input[two:]])
    return of_input, torch.cat([of_state, of_state.new_zeros(size, size)]), bias


def _as_torch_has_them(cell: Cell, d_input: Tensor, d_state: Tensor, d_bias: Tensor) -> tuple[Tensor, ...]:
    """The gradients of what `four_gates` took, from those of what it gave."""
    if cell == "lstm":
        return d_input, d_state, d_bias, d_bias
    size = d_state.shape[1]

    def without_third(gates: Tensor) -> Tensor:
        return torch.cat([gates[: 2 * size], gates[3 * size :]])

    return without_third(d_input), d_state[: 3 * size], without_third(d_bias), d_bias[: 3 * size]


class _Steps(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        native: Native,
        cell: Cell,
        pools: bool,
        keep: bool,
        x: Tensor,
        rows: Tensor | None,
        lengths: Tensor,
        backwards: bool,
        *weights: Tensor,
    ) -> Tensor:
        numbers, size = native.numbers, weights[1].shape[1]
        steps, texts = x.shape[:2] if rows is None else rows.shape
        order = native.order(size)
        w_ih, w_hh, bias = (each[order] for each in four_gates(cell, weights))
        w_ih, w_hh = w_ih.to(numbers), w_hh.to(numbers)
        vectors = x.reshape(-1, x.shape[-1]).to(numbers)
        keep = keep and any(ctx.needs_input_grad)
        states = vectors.new_empty(steps, texts, size) if keep or not pools else None
        gates = vectors.new_empty(steps, texts, 4 * size) if keep else None
        cells = vectors.new_empty(steps, texts, size, dtype=torch.float32) if keep else None
        pooled = vectors.new_empty(4, texts, size, dtype=torch.float32) if pools else None
        read_steps(
            native, cell, vectors @ w_ih.t(), rows, lengths, bias.float(), w_hh,
            steps=steps, backwards=backwards, states=states, gates=gates, cells=cells, pooled=pooled,
        )  # fmt: skip
        if keep:
            ctx.save_for_backward(vectors, rows, lengths, w_ih, w_hh, order, states, gates, cells, pooled)
            ctx.native, ctx.cell, ctx.backwards, ctx.shape = native, cell, backwards, x.shape
        found = states if pooled is None else pooled[:3]
        assert found is not None
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        vectors, rows, lengths, w_ih, w_hh, order, states, gates, cells, pooled = ctx.saved_tensors
        native, texts = ctx.native, len(lengths)
        changes, d_bias = differentiate_steps(
            native, ctx.cell, gradient.to(native.numbers if pooled is None else torch.float32).contiguous(), lengths,
            w_hh, backwards=ctx.backwards, states=states, gates=gates, cells=cells, pooled=pooled,
        )  # fmt: skip
        each, before = changes.view(-1, changes.shape[2]), states.view(-1, states.shape[2])
        # the state before a token stands one step earlier, or where texts are read from their ends, later
        earlier, later = slice(len(each) - texts), slice(texts, None)
        now, then = (earlier, later) if ctx.backwards else (later, earlier)
        d_hh = (before[then].t() @ each[now]).t()  # the other way round a tenth slower
        if rows is not None:
            each = sum_rows(native, changes, rows, lengths, len(vectors))
        d_ih = (vectors.t() @ each).t()
        dx = (each @ w_ih).view(ctx.shape) if ctx.needs_input_grad[4] else None
        by_gate = (torch.empty_like(d).index_copy_(0, order, d) for d in (d_ih, d_hh, d_bias))
        return None, None, None, None, dx, None, None, None, *_as_torch_has_them(ctx.cell, *by_gate)
