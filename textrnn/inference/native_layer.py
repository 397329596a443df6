"""A recurrent layer in C: LSTM, GRU or minGRU, by `textrnn/kernels/predict.c`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.model import Recurrence
from textrnn.inference.batches import Batch
from textrnn.inference.cells import Weights, mingru_inputs
from textrnn.inference.layer import Array, Pooled, Rows
from textrnn.inference.products import PackedRows, Product, pack_rows
from textrnn.kernels.calls import address_of, call, int64s
from textrnn.kernels.library import KernelLibrary

CELL_NUMBERS: dict[Recurrence, int] = {"lstm": 0, "gru": 1, "mingru": 2}  # as predict.c numbers the cells
PRODUCTS_PER_UNIT: dict[Recurrence, int] = {"lstm": 4, "gru": 4, "mingru": 3}  # input products a unit


@dataclass(frozen=True)
class NativeRecurrentLayer:
    """A layer of `hidden_size` units a direction, of which the kernel computes `units`, a multiple of its lanes.

    The units more have weights of 0, and a state of 0. `recurrent` are the packed weights of each direction (none: a
    minGRU has none).
    """

    library: KernelLibrary
    cell: Recurrence
    hidden_size: int
    units: int
    product: Product
    recurrent: Sequence[PackedRows | None]

    @property
    def width(self) -> int:
        """F, the number of input products a token."""
        return len(self.product.bias)

    def multiply(self, x: Array, which: NDArray[np.int64] | None = None, out: Array | None = None) -> Array:
        """Returns the input products (N, F); see `Layer`."""
        return self.product(x, which, out)

    def read(self, products: Array, rows: Rows | None, batch: Batch) -> Array:
        """Returns the states (tokens, D * H) of `batch`; see `Layer`."""
        states = np.empty((batch.tokens, len(self.recurrent), self.units), np.float32)
        for direction in range(len(self.recurrent)):
            self._read(direction, products, rows, batch, states=states)
        own = np.ascontiguousarray(states[:, :, : self.hidden_size])
        return own.reshape(batch.tokens, len(self.recurrent) * self.hidden_size)

    def pool(self, products: Array, rows: Rows | None, batch: Batch) -> Pooled:
        """Returns the states pooled as they are read: none is written."""
        pooled = np.empty((len(self.recurrent), 3, len(batch.lengths), self.units), np.float32)
        for direction in range(len(self.recurrent)):
            self._read(direction, products, rows, batch, pooled=pooled[direction])
        own = pooled[..., : self.hidden_size].transpose(1, 2, 0, 3)  # (3, B, D, H)
        shape = 3, len(batch.lengths), len(self.recurrent) * self.hidden_size
        return Pooled(*np.ascontiguousarray(own).reshape(shape))

    def _read(
        self,
        direction: int,
        products: Array,
        rows: Rows | None,
        batch: Batch,
        *,
        states: Array | None = None,
        pooled: Array | None = None,
    ) -> None:
        own = PRODUCTS_PER_UNIT[self.cell] * self.units * direction  # where the products of this direction begin
        recurrent = self.recurrent[direction]
        texts = address_of(batch.starts, np.int64), address_of(batch.places, np.int64)
        call(
            self.library.functions.read_texts,
            CELL_NUMBERS[self.cell],
            _from(products, own),
            *int64s(self.width),
            address_of(rows, np.int32),
            *texts,
            address_of(batch.lengths, np.int64),
            address_of(None, np.float32) if recurrent is None else recurrent.address,
            address_of(None, np.float32) if states is None else _from(states, self.units * direction),
            *int64s(self.units * len(self.recurrent)),
            address_of(pooled, np.float32),
            *int64s(len(batch.lengths), self.units),
            int(direction == 1),
        )


def native_layer(
    library: KernelLibrary, cell: Recurrence, hidden_size: int, weights: Sequence[Weights]
) -> NativeRecurrentLayer | None:
    """Returns the layer of `cell` with the `weights` of each direction; None for a cell without a kernel."""
    if cell not in CELL_NUMBERS:
        return None
    units = -(-hidden_size // library.lanes) * library.lanes
    parts = [_four_gates(cell, each) for each in weights]
    by_gate = np.arange(PRODUCTS_PER_UNIT[cell] * units).reshape(
        PRODUCTS_PER_UNIT[cell], units // library.lanes, library.lanes
    )
    order = by_gate.transpose(1, 0, 2).reshape(-1)  # the numbers of a step as recurrence.c and scan.c have them
    weight = np.concatenate([_more_units(w, hidden_size, units)[order] for w, _, _ in parts])
    bias = np.concatenate([_more_units(b, hidden_size, units)[order] for _, _, b in parts])
    recurrent = [
        None if w is None else pack_rows(library, _widen(_more_units(w, hidden_size, units), units)[order])
        for _, w, _ in parts
    ]
    product = Product(weight, bias, pack_rows(library, weight))
    return NativeRecurrentLayer(library, cell, hidden_size, units, product, recurrent)


def _four_gates(cell: Recurrence, w: Weights) -> tuple[Array, Array | None, Array]:
    """The input weights (G * H, E), recurrent ones (G * H, H) and bias (G * H,), gates in the order of cells.h.

    Of a GRU the third gate is what the state alone makes, the fourth what the input alone makes.
    """
    if cell == "mingru":
        weight, bias = mingru_inputs(w)
        return weight, None, bias
    of_input, of_state, by_input, by_state = w["weight_ih"], w["weight_hh"], w["bias_ih"], w["bias_hh"]
    if cell == "lstm":
        return of_input, of_state, by_input + by_state
    size = of_state.shape[1]
    two = 2 * size
    of_input = np.concatenate([of_input[:two], np.zeros((size, of_input.shape[1]), np.float32), of_input[two:]])
    bias = np.concatenate([by_input[:two] + by_state[:two], by_state[two:], by_input[two:]])
    return of_input, np.concatenate([of_state, np.zeros((size, size), np.float32)]), bias


def _more_units(weight: Array, size: int, units: int) -> Array:
    """`weight` (G * H, ...) with rows of 0 after those of each gate, so that each has `units`."""
    gates = weight.reshape(-1, size, *weight.shape[1:])
    wider = np.zeros((len(gates), units, *weight.shape[1:]), np.float32)
    wider[:, :size] = gates
    return wider.reshape(-1, *weight.shape[1:])


def _widen(weight: Array, units: int) -> Array:
    """`weight` (F, H) with columns of 0, so that it has `units`."""
    return np.pad(weight, ((0, 0), (0, units - weight.shape[1])))


def _from(array: Array, offset: int) -> object:
    """Where `array` begins, `offset` numbers later."""
    address = address_of(array, np.float32)
    assert address.value is not None
    return type(address)(address.value + 4 * offset)
