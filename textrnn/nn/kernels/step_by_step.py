"""Any cell by its own equations: a loop over steps that autograd follows, exact but slow."""

from __future__ import annotations

import torch
from torch import Tensor

from textrnn.nn.cells.cell import Cell, CellState
from textrnn.nn.encoded import Encoded
from textrnn.nn.kernels.dense import read_dense
from textrnn.nn.kernels.kernel import Kernel, Layer


def read_steps_of(cell: Cell, x: Tensor, *weights: Tensor) -> Tensor:
    """Returns the outputs (T, B, H) of `cell` over `x` (T, B, E) from a zero state; any float dtype, any device."""
    state: CellState | None = None
    outputs = []
    for x_t in x:
        state = cell.step(weights, x_t, state)
        outputs.append(state[0])
    return torch.stack(outputs)


def _read(layer: Layer) -> Encoded:
    return read_dense(layer, lambda x, *weights: read_steps_of(layer.cell, x, *weights))


STEP_BY_STEP = Kernel("step by step", lambda spec: True, _read)
