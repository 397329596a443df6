"""The LSTM over tokens, without gradients: the input product is taken once for each different token of a batch.

A batch of 16,000 tokens holds some 3,000 different ones, and where nothing is dropped from an embedding its product
with the input weights depends on the token alone. That is nearly half of the arithmetic of reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

Weights = Sequence[Tensor]  # weight_ih, weight_hh, bias_ih, bias_hh, as in `torch.nn.LSTM`


def read_tokens(ids: Sequence[Tensor], embedding: Tensor, weights: Sequence[Weights]) -> list[Tensor]:
    """The states (T, B, H) of D LSTMs, each with its `weights`, over its own `ids` (T, B) int64, from a zero state.

    The ids of one are those of the others in another order. `embedding` is (V, E). On the CPU, without
    gradients; equal to `torch.lstm` over the embedded tokens to float error. All D take each step together.
    """
    steps, texts = ids[0].shape
    states = embedding.new_empty(steps, len(ids), texts, weights[0][1].shape[1])
    for _ in steps_of_tokens(ids, embedding, weights, out=states):
        pass
    return list(states.unbind(1))


def steps_of_tokens(
    ids: Sequence[Tensor], embedding: Tensor, weights: Sequence[Weights], out: Tensor | None = None
) -> Iterator[Tensor]:
    """The states (D, B, H) of `read_tokens` after each step in turn.

    They are parts of `out` (T, D, B, H) where that is given; else each may be read until the next one is asked for.
    """
    steps, texts = ids[0].shape
    size = weights[0][1].shape[1]
    different, which = _number(torch.stack(list(ids), dim=1), len(embedding))  # (T, D, B)
    embedded, scale = embedding[different], _scale(size)
    table = embedding.new_empty(len(ids), len(different), 4 * size)
    for products, (w, _, b, c) in zip(table, weights, strict=True):
        torch.addmm((b + c) * scale, embedded, w.t() * scale, out=products)
    rows = which + torch.arange(len(ids)).unsqueeze(1) * len(different)
    recurrent = torch.stack([u.t() * scale for _, u, _, _ in weights])
    # one step's numbers: they stay in the core's cache from the first step to the last
    flat = embedding.new_empty(len(ids) * texts, 4 * size)
    gates = flat.view(len(ids), texts, 4 * size)
    put_in, keep, candidate, give_out = flat.chunk(4, dim=1)
    twice_cell, bounded = (embedding.new_zeros(len(flat), size) for _ in range(2))
    nothing, state = torch.zeros_like(bounded), embedding.new_empty(len(ids), texts, size)
    for t in range(steps):
        torch.index_select(table.view(-1, 4 * size), 0, rows[t].flatten(), out=flat)
        if t:
            gates.baddbmm_(state, recurrent)
        flat.sigmoid_()
        # c' = f * c + i * g, where g = tanh(x) = 2 * sigmoid(2 * x) - 1: a sigmoid costs a third of a tanh
        twice_cell.mul_(keep).addcmul_(put_in, candidate, value=4).sub_(put_in, alpha=2)
        torch.sigmoid(twice_cell, out=bounded).sub_(0.5)
        state = state if out is None else out[t]
        torch.addcmul(nothing, give_out, bounded, value=2, out=state.view(len(flat), size))
        yield state


def _number(ids: Tensor, vocabulary_size: int) -> tuple[Tensor, Tensor]:
    """The different ids, and the place of each of `ids` among them; without the sorting of `torch.unique`."""
    present = torch.zeros(vocabulary_size, dtype=torch.bool)
    present[ids] = True
    different = present.nonzero().flatten()
    places = torch.empty(vocabulary_size, dtype=torch.int64)
    places[different] = torch.arange(len(different))
    return different, places[ids]


def _scale(size: int) -> Tensor:
    """2 for the rows of the candidate, the third of i, f, g, o, and 1 for the others; twice is exact."""
    scale = torch.ones(4 * size)
    scale[2 * size : 3 * size] = 2
    return scale
