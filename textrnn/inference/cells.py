"""The recurrent cells in numpy: their input products, then one step over B texts.

The equations are those of `textrnn/nn/cells`. Shape letters: E inputs, H units, F input products a token, B texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.model import Recurrence

Array = NDArray[np.float32]
Weights = Mapping[str, Array]
State = tuple[Array, ...]  # what goes from one step to the next; the first, (B, H), is the output


@dataclass(frozen=True)
class Cell:
    """A recurrence in numpy.

    `inputs(weights)` gives the weight (F, E) and the bias (F,) of the input products; `state(H)` the widths of the
    parts of its state; `step(weights, products, state)` reads one token of each text, `products` (B, F).
    """

    inputs: Callable[[Weights], tuple[Array, Array]]
    state: Callable[[int], tuple[int, ...]]
    step: Callable[[Weights, Array, State], State]


def sigmoid(x: Array) -> Array:
    """Returns 1 / (1 + exp(-x)), without overflow."""
    half: Array = np.float32(0.5) * np.tanh(np.float32(0.5) * x)
    return half + np.float32(0.5)


def _lstm(w: Weights, products: Array, state: State) -> State:
    h, c = state
    i, f, g, o = np.split(products + h @ w["weight_hh"].T, 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def _gru(w: Weights, products: Array, state: State) -> State:
    (h,) = state
    by_input, by_state = np.split(products, 3, axis=1), np.split(h @ w["weight_hh"].T + w["bias_hh"], 3, axis=1)
    r, z = sigmoid(by_input[0] + by_state[0]), sigmoid(by_input[1] + by_state[1])
    n = np.tanh(by_input[2] + r * by_state[2])
    return ((1 - z) * n + z * h,)


def _rnn(w: Weights, products: Array, state: State) -> State:
    return (np.tanh(products + state[0] @ w["weight_hh"].T),)


def _elman(w: Weights, products: Array, state: State) -> State:
    of_hidden, of_output = np.split(products, 2, axis=1)
    h = np.tanh(of_hidden + state[1] @ w["weight_hh"].T)
    return np.tanh(of_output + h @ w["weight_ho"].T), h


def _mingru(w: Weights, products: Array, state: State) -> State:
    h, before = state
    gate, candidate, passed_on = np.split(products, 3, axis=1)
    z = sigmoid(gate + before)
    return h + z * (candidate - h), passed_on


def _both_biases(w: Weights) -> tuple[Array, Array]:
    return w["weight_ih"], w["bias_ih"] + w["bias_hh"]


def _elman_inputs(w: Weights) -> tuple[Array, Array]:
    return np.concatenate([w["weight_ih"], w["weight_io"]]), np.concatenate([w["bias_ih"], w["bias_io"]])


def mingru_inputs(w: Weights) -> tuple[Array, Array]:
    """Returns weight and bias of gate, candidate, and what the next token's gate reads."""
    return w["weight_ih"], np.concatenate([w["bias_ih"], np.zeros(len(w["bias_ih"]) // 2, np.float32)])


CELLS: dict[Recurrence, Cell] = {
    "lstm": Cell(_both_biases, lambda h: (h, h), _lstm),
    "gru": Cell(lambda w: (w["weight_ih"], w["bias_ih"]), lambda h: (h,), _gru),
    "rnn": Cell(_both_biases, lambda h: (h,), _rnn),
    "elman": Cell(_elman_inputs, lambda h: (h, h), _elman),
    "mingru": Cell(mingru_inputs, lambda h: (h, h), _mingru),
}
