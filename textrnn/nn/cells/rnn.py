"""The plain recurrence (Elman 1990), as `torch.nn.RNN` has it: h_t = tanh(W x_t + b + U h_{t-1} + c)."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from textrnn.inference.shapes import cell_shapes
from textrnn.nn.cells.cell import Cell, CellState, Weights


def _step(weights: Weights, x: Tensor, state: CellState | None) -> CellState:
    w_ih, w_hh, b_ih, b_hh = weights
    (h,) = state or (x.new_zeros(len(x), w_hh.shape[1]),)
    return (torch.tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh),)


RNN = Cell("rnn", partial(cell_shapes, "rnn"), _step)
