"""The LSTM over tokens without C, for prediction: the input product is taken once for each different token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from textrnn.machine.workers import Workers
from textrnn.nn.cells.cell import Weights
from textrnn.nn.encoded import Encoded
from textrnn.nn.kernels.kernel import LayerSpec, Pooled
from textrnn.nn.kernels.products import places_of, products_of
from textrnn.nn.max_mean import pool_steps
from textrnn.nn.reversal import reversal_of


@dataclass(frozen=True)
class LstmTable:
    """What D LSTMs of H units make of n different tokens, for ever the same.

    `places` (V,) int64 says which row of `products` (D, n, 4 * H) is a token's; those of tokens that are not there
    mean nothing. `recurrent` (D, H, 4 * H) are the recurrent weights. The candidate's columns are twice what they are.
    """

    places: Tensor
    products: Tensor
    recurrent: Tensor

    def read(self, ids: Tensor, lengths: Tensor) -> Encoded:
        """Returns the states over `ids` (T, B) of `lengths` (B,)."""
        orders, reversal = self._orders(ids, lengths)
        states = read_tokens(orders, self)
        return Encoded(states[0], None if reversal is None else states[1], reversal)

    def pool(self, ids: Tensor, lengths: Tensor) -> Pooled:
        """Returns those states pooled as they come, (D, B, H) each. A text without tokens gives zeros."""
        orders, _ = self._orders(ids, lengths)
        return pool_steps(steps_of_tokens(orders, self), lengths)

    def _orders(self, ids: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor | None]:
        """`ids` as each direction reads them."""
        if len(self.products) == 1:
            return [ids], None
        reversal = reversal_of(lengths, ids.shape[0])
        return [ids, ids.flatten()[reversal].view_as(ids)], reversal


def tabulate_lstm(
    spec: LayerSpec, present: Tensor, embedding: Tensor, weights: Sequence[Weights], workers: Workers | None = None
) -> LstmTable:
    """Returns `table_of`; every LSTM on the processor has one."""
    return table_of(present, embedding, weights, workers)


def table_of(
    present: Tensor, embedding: Tensor, weights: Sequence[Weights], workers: Workers | None = None
) -> LstmTable:
    """The products of the tokens that are `present` (V,) bool with the `weights` of D LSTMs; `embedding` is (V, E).

    On the CPU, without gradients; `workers` take a direction each.
    """
    size = weights[0][1].shape[1]
    different, places = places_of(present)
    scale = _scale(size)
    # a column of ones, for the biases: to copy them into each row first costs as much as half of the product
    embedded = torch.cat([embedding[different], embedding.new_ones(len(different), 1)], dim=1)
    factors = [torch.cat([w, (b + c).unsqueeze(1)], dim=1).t() * scale for w, _, b, c in weights]
    products = products_of(embedded, factors, workers)
    return LstmTable(places, products, torch.stack([u.t() * scale for _, u, _, _ in weights]))


def read_tokens(ids: Sequence[Tensor], table: LstmTable) -> list[Tensor]:
    """The states (T, B, H) of the D LSTMs of `table`, each over its own `ids` (T, B) int64, from a zero state.

    On the CPU, without gradients; equal to `torch.lstm` over the embedded tokens to float error. All D take each
    step together.
    """
    steps, texts = ids[0].shape
    states = table.recurrent.new_empty(steps, len(ids), texts, table.recurrent.shape[1])
    for _ in steps_of_tokens(ids, table, out=states):
        pass
    return list(states.unbind(1))


def steps_of_tokens(ids: Sequence[Tensor], table: LstmTable, out: Tensor | None = None) -> Iterator[Tensor]:
    """The states (D, B, H) of `read_tokens` after each step in turn.

    They are parts of `out` (T, D, B, H) where that is given; else each may be read until the next one is asked for.
    """
    steps, texts = ids[0].shape
    products, recurrent = table.products, table.recurrent
    size = recurrent.shape[1]
    which = table.places[torch.stack(list(ids), dim=1)]  # (T, D, B)
    rows = which + torch.arange(len(ids)).unsqueeze(1) * products.shape[1]
    # one step's numbers: they stay in the core's cache from the first step to the last
    flat = products.new_empty(len(ids) * texts, 4 * size)
    gates = flat.view(len(ids), texts, 4 * size)
    put_in, keep, candidate, give_out = flat.chunk(4, dim=1)
    twice_cell, bounded = (products.new_zeros(len(flat), size) for _ in range(2))
    nothing, state = torch.zeros_like(bounded), products.new_empty(len(ids), texts, size)
    for t in range(steps):
        torch.index_select(products.view(-1, 4 * size), 0, rows[t].flatten(), out=flat)
        if t:
            gates.baddbmm_(state, recurrent)
        flat.sigmoid_()
        # c' = f * c + i * g, where g = tanh(x) = 2 * sigmoid(2 * x) - 1: a sigmoid costs a third of a tanh
        twice_cell.mul_(keep).addcmul_(put_in, candidate, value=4).sub_(put_in, alpha=2)
        torch.sigmoid(twice_cell, out=bounded).sub_(0.5)
        state = state if out is None else out[t]
        torch.addcmul(nothing, give_out, bounded, value=2, out=state.view(len(flat), size))
        yield state


def _scale(size: int) -> Tensor:
    """2 for the rows of the candidate, the third of i, f, g, o, and 1 for the others; twice is exact."""
    scale = torch.ones(4 * size)
    scale[2 * size : 3 * size] = 2
    return scale
