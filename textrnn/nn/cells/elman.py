"""The plain recurrence with an output equation of its own (Elman 1990, "Finding structure in time").

`torch.nn.RNN` has the first of its two equations alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from textrnn.inference.shapes import cell_shapes
from textrnn.nn.cells.cell import Cell, CellState, Weights
from textrnn.nn.cells.gates import Activation, activate, slope


def _step(weights: Weights, x: Tensor, state: CellState | None) -> CellState:
    """The output, then the hidden state, each (B, H), as `elman_forward` has them."""
    weight_ih, weight_hh, bias_ih, weight_io, weight_ho, bias_io = weights
    h = x.new_zeros(len(x), len(weight_hh)) if state is None else state[1]
    h = torch.tanh(h @ weight_hh.T + x @ weight_ih.T + bias_ih)
    return torch.tanh(h @ weight_ho.T + x @ weight_io.T + bias_io), h


ELMAN = Cell("elman", partial(cell_shapes, "elman"), _step)


class ElmanWeights(NamedTuple):
    """`w_hh` (H, H), `w_xh` (H, E), `b_h` (H,); `w_ho` (O, H), `w_xo` (O, E), `b_o` (O,)."""

    w_hh: Tensor
    w_xh: Tensor
    b_h: Tensor
    w_ho: Tensor
    w_xo: Tensor
    b_o: Tensor


@dataclass(frozen=True)
class ElmanStates:
    """The three states at every step: `inputs` (T, B, E) as they were read, `hidden` (T, B, H), `outputs` (T, B, O).

    `sigma` is the activation; with `feedback` every input but the first was the output before it.
    """

    inputs: Tensor
    hidden: Tensor
    outputs: Tensor
    sigma: Activation
    feedback: bool


def elman_forward(
    weights: ElmanWeights, x: Tensor, sigma: Activation = "tanh", *, feedback: bool = False
) -> ElmanStates:
    """Read `x` (T, B, E), or, with `feedback`, its first step and then what the cell says itself (O = E).

    h_t = sigma(W_hh h_{t-1} + W_xh x_t + b_h)
    o_t = sigma(W_ho h_t + W_xo x_t + b_o)
    """
    h = x.new_zeros(x.shape[1], len(weights.w_hh))
    read: list[Tensor] = []
    hidden: list[Tensor] = []
    outputs: list[Tensor] = []
    for t in range(len(x)):
        x_t = outputs[-1] if feedback and t else x[t]
        h = activate(sigma, h @ weights.w_hh.T + x_t @ weights.w_xh.T + weights.b_h)
        o = activate(sigma, h @ weights.w_ho.T + x_t @ weights.w_xo.T + weights.b_o)
        read.append(x_t)
        hidden.append(h)
        outputs.append(o)
    return ElmanStates(torch.stack(read), torch.stack(hidden), torch.stack(outputs), sigma, feedback)


def elman_backward(weights: ElmanWeights, states: ElmanStates, d_outputs: Tensor) -> tuple[ElmanWeights, Tensor]:
    """The gradients of the weights and of `x` (T, B, E), for the gradient `d_outputs` (T, B, O).

    What a step leaves to the one before it: d_h through W_hh, and with feedback d_o through its input.
    """
    d = ElmanWeights(*(torch.zeros_like(weight) for weight in weights))
    d_x = torch.zeros_like(states.inputs)
    d_h_next, d_o_next = torch.zeros_like(states.hidden[0]), torch.zeros_like(states.outputs[0])
    for t in reversed(range(len(states.inputs))):
        x, h, o = states.inputs[t], states.hidden[t], states.outputs[t]
        h_before = states.hidden[t - 1] if t else torch.zeros_like(h)
        d_a_o = (d_outputs[t] + d_o_next) * slope(states.sigma, o)
        d_a_h = (d_a_o @ weights.w_ho + d_h_next) * slope(states.sigma, h)
        d.w_ho.add_(d_a_o.T @ h)
        d.w_xo.add_(d_a_o.T @ x)
        d.b_o.add_(d_a_o.sum(dim=0))
        d.w_hh.add_(d_a_h.T @ h_before)
        d.w_xh.add_(d_a_h.T @ x)
        d.b_h.add_(d_a_h.sum(dim=0))
        d_input = d_a_o @ weights.w_xo + d_a_h @ weights.w_xh
        d_h_next = d_a_h @ weights.w_hh
        if states.feedback and t:
            d_o_next = d_input
        else:
            d_x[t] = d_input
    return d, d_x
