"""The recurrent cells as their equations, one step after the other, and back-propagation through time by hand.

For reading, and for tests: the encoders that train (`recurrent.py`) are held to these loops. A `*_forward` gives all
that happened, step by step; every `*_backward` takes that, and the gradient of a loss with regard to what came out, to
the gradients of the weights and of the input, by the chain rule alone (Werbos 1990, "Backpropagation through time").
T steps, B texts, E inputs, H hidden units, O outputs; any float dtype; states begin at zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

Activation = Literal["sigmoid", "tanh", "relu"]


def activate(sigma: Activation, a: Tensor) -> Tensor:
    """sigma(a), value by value."""
    match sigma:
        case "sigmoid":
            return torch.sigmoid(a)
        case "tanh":
            return torch.tanh(a)
        case "relu":
            return torch.relu(a)


def slope(sigma: Activation, y: Tensor) -> Tensor:
    """The derivative of sigma where its value is `y`: all three can be told from their own value."""
    match sigma:
        case "sigmoid":
            return y * (1 - y)
        case "tanh":
            return 1 - y * y
        case "relu":
            return (y > 0).to(y.dtype)


# --- the plain recurrent cell: input, hidden and output state (Elman 1990, "Finding structure in time") --------------


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


# --- cells with gates: weights laid out as torch.nn has them ----------------------------------------------------------


class GateWeights(NamedTuple):
    """`w_ih` (G H, E), `w_hh` (G H, H), `b_ih` and `b_hh` (G H,): G gates, one below the other.

    An LSTM has the four i, f, g, o; a GRU the three r, z, n: the order of `torch.nn`.
    """

    w_ih: Tensor
    w_hh: Tensor
    b_ih: Tensor
    b_hh: Tensor


class LstmStep(NamedTuple):
    """The gates of one step, the cell after it, and the hidden state: each (B, H)."""

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


def lstm_forward(weights: GateWeights, x: Tensor) -> list[LstmStep]:
    """Read `x` (T, B, E) (Hochreiter & Schmidhuber 1997; the forget gate of Gers et al. 2000).

    i, f, o = sigmoid(W x_t + U h_{t-1} + b), each with its own W, U, b: what to let in, to keep, to show
    g = tanh(W x_t + U h_{t-1} + b): what is new
    c_t = f * c_{t-1} + i * g: a sum, so that a gradient can pass many steps without a factor
    h_t = o * tanh(c_t)
    """
    h = c = x.new_zeros(x.shape[1], weights.w_hh.shape[1])
    steps = []
    for x_t in x:
        by_input = (x_t @ weights.w_ih.T + weights.b_ih).chunk(4, dim=1)
        by_state = (h @ weights.w_hh.T + weights.b_hh).chunk(4, dim=1)
        i, f, g, o = (a + b for a, b in zip(by_input, by_state, strict=True))
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        steps.append(LstmStep(i, f, g, o, c, h))
    return steps


def lstm_backward(
    weights: GateWeights, x: Tensor, steps: list[LstmStep], d_hidden: Tensor
) -> tuple[GateWeights, Tensor]:
    """The gradients of the weights and of `x`, for the gradient `d_hidden` (T, B, H) of the hidden states."""
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


class GruStep(NamedTuple):
    """The gates of one step, the part `m` of the candidate that the state makes, and the hidden state: each (B, H)."""

    r: Tensor
    z: Tensor
    n: Tensor
    m: Tensor
    h: Tensor


def gru_forward(weights: GateWeights, x: Tensor) -> list[GruStep]:
    """Read `x` (T, B, E) (Cho et al. 2014, with the reset gate after the product, as in `torch.nn.GRU`).

    r, z = sigmoid(W x_t + U h_{t-1} + b): what of the past the new sees, what of the past stays
    m = U_n h_{t-1} + b_hn;  n = tanh(W_n x_t + b_in + r * m)
    h_t = (1 - z) * n + z * h_{t-1}
    """
    h = x.new_zeros(x.shape[1], weights.w_hh.shape[1])
    steps = []
    for x_t in x:
        by_input = (x_t @ weights.w_ih.T + weights.b_ih).chunk(3, dim=1)
        by_state = (h @ weights.w_hh.T + weights.b_hh).chunk(3, dim=1)
        r, z = torch.sigmoid(by_input[0] + by_state[0]), torch.sigmoid(by_input[1] + by_state[1])
        m = by_state[2]
        n = torch.tanh(by_input[2] + r * m)
        h = (1 - z) * n + z * h
        steps.append(GruStep(r, z, n, m, h))
    return steps


def gru_backward(weights: GateWeights, x: Tensor, steps: list[GruStep], d_hidden: Tensor) -> tuple[GateWeights, Tensor]:
    """The gradients of the weights and of `x`, for the gradient `d_hidden` (T, B, H) of the hidden states."""
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
