"""The LSTM over tokens, without gradients: the input product is taken once for each different token.

A batch of 16,000 tokens holds some 3,000 different ones, and where nothing is dropped from an embedding its product
with the input weights depends on the token alone. That is nearly half of the arithmetic of reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from textrnn.nn.workers import Workers

Weights = Sequence[Tensor]  # weight_ih, weight_hh, bias_ih, bias_hh, as in `torch.nn.LSTM`
AT_ONCE = 1 << 20  # tokens
LARGEST_TABLE = 128 << 20  # bytes; 30,000 tokens at 128 units each way


@dataclass(frozen=True)
class TokenTable:
    """What D LSTMs of H units make of n different tokens, for ever the same.

    `places` (V,) int64 says which row of `products` (D, n, 4 * H) is a token's; those of tokens that are not there
    mean nothing. `recurrent` (D, H, 4 * H) are the recurrent weights. The candidate's columns are twice what they are.
    """

    places: Tensor
    products: Tensor
    recurrent: Tensor


def bytes_of_table(tokens: int, directions: int, size: int) -> int:
    """How much the products of so many `tokens` take at most, in float32, for `directions` cells of `size` units."""
    return tokens * directions * 4 * size * 4


def table_of(
    present: Tensor, embedding: Tensor, weights: Sequence[Weights], workers: Workers | None = None
) -> TokenTable:
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
    return TokenTable(places, products, torch.stack([u.t() * scale for _, u, _, _ in weights]))


def places_of(present: Tensor) -> tuple[Tensor, Tensor]:
    """The tokens that are `present` (V,) bool, (n,) int64, and of each token its place among them (V,)."""
    different = present.nonzero().flatten()
    places = torch.zeros(len(present), dtype=torch.int64)
    places[different] = torch.arange(len(different))
    return different, places


def products_of(x: Tensor, factors: Sequence[Tensor], workers: Workers | None) -> Tensor:
    """(D, n, F): `x` (n, E) times each of the D `factors` (E, F), which `workers` share."""
    products = x.new_empty(len(factors), len(x), factors[0].shape[1])
    tasks = [partial(_multiply, x, factor, out) for factor, out in zip(factors, products, strict=True)]
    if workers is None:
        for task in tasks:
            task()
    else:
        workers.run(tasks)
    return products


def _multiply(x: Tensor, y: Tensor, out: Tensor) -> None:
    with torch.inference_mode(out.is_inference()), torch.no_grad():  # modes are a thread's own
        torch.mm(x, y, out=out)


def read_tokens(ids: Sequence[Tensor], table: TokenTable) -> list[Tensor]:
    """The states (T, B, H) of the D LSTMs of `table`, each over its own `ids` (T, B) int64, from a zero state.

    On the CPU, without gradients; equal to `torch.lstm` over the embedded tokens to float error. All D take each
    step together.
    """
    steps, texts = ids[0].shape
    states = table.recurrent.new_empty(steps, len(ids), texts, table.recurrent.shape[1])
    for _ in steps_of_tokens(ids, table, out=states):
        pass
    return list(states.unbind(1))


def steps_of_tokens(ids: Sequence[Tensor], table: TokenTable, out: Tensor | None = None) -> Iterator[Tensor]:
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


def present_among(ids: NDArray[np.integer[Any]], vocabulary_size: int) -> Tensor:
    """(V,) bool: which tokens are among `ids`; without the sorting of `unique`.

    Part by part, since indexing makes numbers of 8 bytes of those of 4.
    """
    flat, present = ids.reshape(-1), np.zeros(vocabulary_size, dtype=bool)
    for start in range(0, len(flat), AT_ONCE):
        present[flat[start : start + AT_ONCE]] = True
    return torch.from_numpy(present)


def _scale(size: int) -> Tensor:
    """2 for the rows of the candidate, the third of i, f, g, o, and 1 for the others; twice is exact."""
    scale = torch.ones(4 * size)
    scale[2 * size : 3 * size] = 2
    return scale
