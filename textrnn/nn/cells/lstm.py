"""The LSTM (Hochreiter & Schmidhuber 1997; the forget gate of Gers et al. 2000)."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from textrnn.inference.shapes import cell_shapes
from textrnn.nn.cells.cell import Cell, CellState, Weights, reset_weight
from textrnn.nn.cells.gates import GateWeights, slope


class LstmStep(NamedTuple):
    """The gates of one step, the cell state after it, and the hidden state: each (B, H)."""

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


def lstm_step(weights: Weights, x: Tensor, h: Tensor, c: Tensor) -> LstmStep:
    """One step over `x` (B, E), from the hidden state `h` (B, H) and the cell state `c` (B, H).

    i, f, o = sigmoid(W x_t + U h_{t-1} + b), each with its own W, U, b: what to let in, to keep, to show
    g = tanh(W x_t + U h_{t-1} + b): what is new
    c_t = f * c_{t-1} + i * g: a sum, so that a gradient can pass many steps without a factor
    h_t = o * tanh(c_t)
    """
    w_ih, w_hh, b_ih, b_hh = weights
    by_input = (x @ w_ih.T + b_ih).chunk(4, dim=1)
    by_state = (h @ w_hh.T + b_hh).chunk(4, dim=1)
    i, f, g, o = (a + b for a, b in zip(by_input, by_state, strict=True))
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * c + i * g
    return LstmStep(i, f, g, o, c, o * torch.tanh(c))


def _step(weights: Weights, x: Tensor, state: CellState | None) -> CellState:
    h, c = state or 2 * (x.new_zeros(len(x), weights[1].shape[1]),)
    after = lstm_step(weights, x, h, c)
    return after.h, after.c


def _reset(name: str, weight: Tensor, hidden_size: int) -> None:
    """As other cells, but forget gates begin open (Jozefowicz et al. 2015)."""
    reset_weight(name, weight, hidden_size)
    if name == "bias_ih":
        nn.init.ones_(weight.data[hidden_size : 2 * hidden_size])


LSTM = Cell("lstm", partial(cell_shapes, "lstm"), _step, _reset)


def lstm_forward(weights: GateWeights, x: Tensor) -> list[LstmStep]:
    """Reads `x` (T, B, E) from zero states: all that happened, step by step."""
    h = c = x.new_zeros(x.shape[1], weights.w_hh.shape[1])
    steps = []
    for x_t in x:
        steps.append(lstm_step(weights, x_t, h, c))
        h, c = steps[-1].h, steps[-1].c
    return steps


def lstm_backward(
    weights: GateWeights, x: Tensor, steps: list[LstmStep], d_hidden: Tensor
) -> tuple[GateWeights, Tensor]:
    """Back-propagation through time by hand, for reading and for tests (Werbos 1990).

    Returns the gradients of the weights and of `x`, from the gradient `d_hidden` (T, B, H) of the hidden states.
    """
    d = GateWeights(*(torch.zeros_like(weight) for weight in weights))
    d_x = torch.zeros_like(x)
    nothing = torch.zeros_like(steps[0].h)
    d_h_next, d_c_next = nothing, nothing
    for t in reversed(range(len(x))):
        i, f, g, o, c, _ = steps[t]
        h_before, c_before = (steps[t - 1].h, steps[t - 1].c) if t else (nothing, nothing)
        d_h = d_hidden[t] + d_h_next
        shown = torch.tanh(c)
        d_c = d_c_next + d_h * o * slope("tanh", shown)
        d_gates = torch.cat(
            [
                d_c * g * slope("sigmoid", i),
                d_c * c_before * slope("sigmoid", f),
                d_c * i * slope("tanh", g),
                d_h * shown * slope("sigmoid", o),
            ],
            dim=1,
        )
        d.w_ih.add_(d_gates.T @ x[t])
        d.w_hh.add_(d_gates.T @ h_before)
        d.b_ih.add_(d_gates.sum(dim=0))
        d.b_hh.add_(d_gates.sum(dim=0))
        d_x[t] = d_gates @ weights.w_ih
        d_h_next = d_gates @ weights.w_hh
        d_c_next = d_c * f
    return d, d_x
