"""What `tokens.py` does, by the steps in C: no state is kept but the last, and pooling is part of a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from textrnn.nn.native import Native
from textrnn.nn.native_layer import Cell, four_gates
from textrnn.nn.native_scan import scan_steps
from textrnn.nn.native_steps import read_steps
from textrnn.nn.tokens import Weights, places_of, products_of
from textrnn.nn.workers import Workers


@dataclass(frozen=True)
class NativeTable:
    """What D cells of H units make of n different tokens, for ever the same.

    `places` (V,) int64 says which row of `products` (D, n, 4 * H) is a token's; those of tokens that are not there
    mean nothing. `recurrent` (D, 4 * H, H) are the recurrent weights, both in the order of `native`. A minGRU's
    products are (D, n, 3 * H), in that order too, and in place of recurrent weights it has biases (D, 2 * H).
    """

    native: Native
    cell: Cell | Literal["mingru"]
    places: Tensor
    products: Tensor
    recurrent: Tensor

    @property
    def size(self) -> int:
        """H, the units of a direction."""
        return self.products.shape[2] // (3 if self.cell == "mingru" else 4)


def native_table_of(
    native: Native,
    cell: Cell | Literal["mingru"],
    present: Tensor,
    embedding: Tensor,
    weights: Sequence[Weights],
    workers: Workers | None = None,
) -> NativeTable:
    """The products of the tokens that are `present` (V,) bool with the `weights` of D cells; `embedding` is (V, E)."""
    different, places = places_of(present)
    if cell == "mingru":
        order = native.order(len(weights[0][1]) // 2, parts=3)
        products = products_of(embedding[different], [of_input[order].t() for of_input, _ in weights], workers)
        return NativeTable(native, cell, places, products, torch.stack([bias.float() for _, bias in weights]))
    gates = [four_gates(cell, each) for each in weights]
    order, vectors = native.order(weights[0][1].shape[1]), embedding[different]
    products = products_of(vectors, [of_input[order].t() for of_input, _, _ in gates], workers)
    for out, (_, _, bias) in zip(products, gates, strict=True):
        out += bias[order]
    return NativeTable(native, cell, places, products, torch.stack([of_state[order] for _, of_state, _ in gates]))


def read_native_tokens(ids: Tensor, lengths: Tensor, table: NativeTable) -> list[Tensor]:
    """The states (T, B, H) of the D cells of `table` over `ids` (T, B) of `lengths` (B,), in the order of the texts.

    0 at padding. The second of two reads the texts from their ends.
    """
    states = table.products.new_empty(len(table.products), *ids.shape, table.size)
    _read(ids, lengths, table, states=states)
    return list(states)


def pool_native_tokens(ids: Tensor, lengths: Tensor, table: NativeTable) -> tuple[Tensor, Tensor, Tensor]:
    """The maximum, the mean and the last (D, B, H) of those states. A text without tokens gives zeros."""
    directions, size = len(table.products), table.size
    pooled = table.products.new_empty(directions, 4, len(lengths), size, dtype=torch.float32)
    _read(ids, lengths, table, pooled=pooled)
    highest, mean, last, _ = pooled.unbind(1)
    return highest, mean, last


def _read(
    ids: Tensor, lengths: Tensor, table: NativeTable, states: Tensor | None = None, pooled: Tensor | None = None
) -> None:
    rows, nothing = table.places[ids].contiguous(), torch.zeros(table.products.shape[2], dtype=torch.float32)
    for way, (products, recurrent) in enumerate(zip(table.products, table.recurrent, strict=True)):
        into = {"states": None if states is None else states[way], "pooled": None if pooled is None else pooled[way]}
        how: dict[str, Any] = {"steps": len(ids), "backwards": way == 1, **into}
        if table.cell == "mingru":
            scan_steps(table.native, products, rows, lengths, recurrent, **how)
        else:
            read_steps(table.native, table.cell, products, rows, lengths, nothing, recurrent, **how)
