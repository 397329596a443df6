"""A recurrent layer in numpy: exact for any cell of any size, where no kernel fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.inference.batches import Batch
from textrnn.inference.cells import Cell, Weights
from textrnn.inference.layer import Array, Pooled, Rows
from textrnn.inference.pooling import pool_states


@dataclass(frozen=True)
class NumpyRecurrentLayer:
    """A layer of `cell`; `weights` are those of each direction; `weight` (F, E), `bias` (F,) of the input products."""

    cell: Cell
    hidden_size: int
    weights: Sequence[Weights]
    weight: Array
    bias: Array

    @property
    def width(self) -> int:
        """F, the number of input products a token."""
        return len(self.bias)

    def multiply(self, x: Array, which: NDArray[np.int64] | None = None, out: Array | None = None) -> Array:
        """Returns the input products (N, F) of `x` (N, E), or of its rows `which` (N,)."""
        found = np.matmul(x if which is None else x[which], self.weight.T, out=out)
        found += self.bias
        return found

    def read(self, products: Array, rows: Rows | None, batch: Batch) -> Array:
        """Returns the states (tokens, D * H) of `batch`; see `Layer`."""
        if rows is not None:
            products = products[rows[batch.positions()]]
        directions = len(self.weights)
        states = np.empty((batch.tokens, directions, self.hidden_size), np.float32)
        for direction, (weights, own) in enumerate(
            zip(self.weights, np.split(products, directions, axis=1), strict=True)
        ):
            self._read(weights, own, batch, states[:, direction], reverse=direction == 1)
        return states.reshape(batch.tokens, directions * self.hidden_size)

    def pool(self, products: Array, rows: Rows | None, batch: Batch) -> Pooled:
        """Returns the states pooled; see `Layer`."""
        return pool_states(self.read(products, rows, batch), batch, directions=len(self.weights))

    def _read(self, weights: Weights, products: Array, batch: Batch, out: Array, *, reverse: bool) -> None:
        places, lengths = batch.places, batch.lengths
        state = tuple(np.zeros((len(lengths), width), np.float32) for width in self.cell.state(self.hidden_size))
        for step in range(int(lengths.max(initial=0))):
            present = int((lengths > step).sum())  # lengths fall
            at = places[:present] + (lengths[:present] - 1 - step if reverse else step)
            state = self.cell.step(weights, products[at], tuple(part[:present] for part in state))
            out[at] = state[0]


def numpy_layer(cell: Cell, hidden_size: int, weights: Sequence[Weights]) -> NumpyRecurrentLayer:
    """Returns the layer of `cell` with the `weights` of each direction."""
    inputs = [cell.inputs(each) for each in weights]
    weight, bias = (np.concatenate([one[i] for one in inputs]) for i in range(2))
    return NumpyRecurrentLayer(cell, hidden_size, weights, weight, bias)
