"""The GRU (Cho et al. 2014, with the reset gate after the product, as `torch.nn.GRU` has it)."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from textrnn.inference.shapes import cell_shapes
from textrnn.nn.cells.cell import Cell, CellState, Weights
from textrnn.nn.cells.gates import GateWeights, slope


class GruStep(NamedTuple):
    """The gates of one step, the part `m` of the candidate that the state makes, and the hidden state: each (B, H)."""

    r: Tensor
    z: Tensor
    n: Tensor
    m: Tensor
    h: Tensor


def gru_step(weights: Weights, x: Tensor, h: Tensor) -> GruStep:
    """One step over `x` (B, E), from the hidden state `h` (B, H).

    r, z = sigmoid(W x_t + U h_{t-1} + b): what of the past the new sees, what of the past stays
    m = U_n h_{t-1} + b_hn;  n = tanh(W_n x_t + b_in + r * m)
    h_t = (1 - z) * n + z * h_{t-1}
    """
    w_ih, w_hh, b_ih, b_hh = weights
    by_input = (x @ w_ih.T + b_ih).chunk(3, dim=1)
    by_state = (h @ w_hh.T + b_hh).chunk(3, dim=1)
    r, z = torch.sigmoid(by_input[0] + by_state[0]), torch.sigmoid(by_input[1] + by_state[1])
    m = by_state[2]
    n = torch.tanh(by_input[2] + r * m)
    return GruStep(r, z, n, m, (1 - z) * n + z * h)


def _step(weights: Weights, x: Tensor, state: CellState | None) -> CellState:
    (h,) = state or (x.new_zeros(len(x), weights[1].shape[1]),)
    return (gru_step(weights, x, h).h,)


GRU = Cell("gru", partial(cell_shapes, "gru"), _step)


def gru_forward(weights: GateWeights, x: Tensor) -> list[GruStep]:
    """Reads `x` (T, B, E) from a zero state: all that happened, step by step."""
    h = x.new_zeros(x.shape[1], weights.w_hh.shape[1])
    steps = []
    for x_t in x:
        steps.append(gru_step(weights, x_t, h))
        h = steps[-1].h
    return steps


def gru_backward(weights: GateWeights, x: Tensor, steps: list[GruStep], d_hidden: Tensor) -> tuple[GateWeights, Tensor]:
    """Back-propagation through time by hand, for reading and for tests (Werbos 1990).

    Returns the gradients of the weights and of `x`, from the gradient `d_hidden` (T, B, H) of the hidden states.
    """
    d = GateWeights(*(torch.zeros_like(weight) for weight in weights))
    d_x = torch.zeros_like(x)
    nothing = torch.zeros_like(steps[0].h)
    d_h_next = nothing
    for t in reversed(range(len(x))):
        r, z, n, m, _ = steps[t]
        h_before = steps[t - 1].h if t else nothing
        d_h = d_hidden[t] + d_h_next
        d_a_n = d_h * (1 - z) * slope("tanh", n)
        d_a_z = d_h * (h_before - n) * slope("sigmoid", z)
        d_a_r = d_a_n * m * slope("sigmoid", r)
        d_by_input = torch.cat([d_a_r, d_a_z, d_a_n], dim=1)
        d_by_state = torch.cat([d_a_r, d_a_z, d_a_n * r], dim=1)
        d.w_ih.add_(d_by_input.T @ x[t])
        d.w_hh.add_(d_by_state.T @ h_before)
        d.b_ih.add_(d_by_input.sum(dim=0))
        d.b_hh.add_(d_by_state.sum(dim=0))
        d_x[t] = d_by_input @ weights.w_ih
        d_h_next = d_by_state @ weights.w_hh + d_h * z
    return d, d_x
