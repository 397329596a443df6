"""The encoders as ONNX operators: states of every token, aligned with the tokens.

Shape letters: T steps, B texts, E inputs, H hidden units, D directions. Padded steps hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.model import ModelConfig
from textrnn.export.graph_builder import FLOAT, Graph

Array = NDArray[np.float32]
# gates as torch orders them, as ONNX does: i f g o -> i o f c, and r z n -> z r h
OPERATORS = {"lstm": ("LSTM", (0, 3, 1, 2)), "gru": ("GRU", (1, 0, 2)), "rnn": ("RNN", (0,)), "elman": ("RNN", (0,))}


@dataclass(frozen=True)
class Steps:
    """Names of what the steps of a batch are known by: `mask` (T, B, 1) bool, the real ones; `lengths` (B,) int32, at
    least 1 each.
    """

    mask: str
    lengths: str


def add_encoder(graph: Graph, config: ModelConfig, weights: Mapping[str, Array], x: str, steps: Steps) -> str:
    """Add the encoder that reads the embedded tokens `x` (T, B, E); returns its states (T, B, D * H)."""
    if config.encoder == "bag":
        return x
    if config.encoder == "convolution":
        return _add_convolution(graph, weights, x, steps)
    for number in range(config.num_layers):
        ends = [f"_l{number}", f"_l{number}_reverse"] if config.bidirectional else [f"_l{number}"]
        each = [{name.removesuffix(end): w for name, w in weights.items() if name.endswith(end)} for end in ends]
        add = _add_mingru if config.encoder == "mingru" else _add_gates
        x = add(graph, config, each, x, steps)
    return x


def _add_gates(graph: Graph, config: ModelConfig, weights: list[dict[str, Array]], x: str, steps: Steps) -> str:
    """A layer of an operator that ONNX has. It reads a text backwards from its own end, by its length."""
    operator, order = OPERATORS[config.encoder]
    hidden_size = config.hidden_size

    def stacked(name: str) -> Array:
        gates = [np.split(each[name], len(order)) for each in weights]
        return np.stack([np.concatenate([parts[gate] for gate in order]) for parts in gates])

    of_state = stacked("bias_hh") if "bias_hh" in weights[0] else np.zeros_like(stacked("bias_ih"))
    constants = (
        graph.constant(stacked("weight_ih"), np.float32, name=f"{x}_weight_ih"),
        graph.constant(stacked("weight_hh"), np.float32, name=f"{x}_weight_hh"),
        graph.constant(np.concatenate([stacked("bias_ih"), of_state], axis=1), np.float32, name=f"{x}_bias"),
    )
    more = {"linear_before_reset": 1} if operator == "GRU" else {}
    direction = "bidirectional" if len(weights) == 2 else "forward"
    states = graph.add(operator, x, *constants, steps.lengths, hidden_size=hidden_size, direction=direction, **more)
    states = _side_by_side(graph, states, len(weights) * hidden_size)
    return states if config.encoder != "elman" else _add_outputs(graph, config, weights, x, states)


def _add_outputs(graph: Graph, config: ModelConfig, weights: list[dict[str, Array]], x: str, states: str) -> str:
    """Elman's second equation: tanh(W_ho h_t + W_xo x_t + b_o), direction by direction."""
    found = []
    for i, each in enumerate(weights):
        start, end = (graph.constant([i * config.hidden_size]), graph.constant([(i + 1) * config.hidden_size]))
        hidden = graph.add("Slice", states, start, end, graph.constant([2]))
        by_state = _product(graph, hidden, each["weight_ho"], f"{states}_ho_{i}")
        by_input = _product(graph, x, each["weight_io"], f"{states}_io_{i}")
        both = graph.add("Add", graph.add("Add", by_state, by_input), _bias(graph, each["bias_io"], f"{states}_bo_{i}"))
        found.append(graph.add("Tanh", both))
    return graph.add("Concat", *found, axis=2)


def _add_mingru(graph: Graph, config: ModelConfig, weights: list[dict[str, Array]], x: str, steps: Steps) -> str:
    """MinGRU as a GRU without recurrent weights, without a tanh, that reads the tokens on either side as well.

    z_t = sigmoid(W_z x_t + V_z x_{t-1} + b); h_t = (1 - z_t) * h_{t-1} + z_t * c_t. The update gate of a GRU says what
    stays, so it is 1 - z_t = sigmoid(-(...)).
    """
    size = config.hidden_size
    x = graph.add("Mul", x, graph.add("Cast", steps.mask, to=FLOAT))  # what stands behind a text is 0
    around = graph.add("Concat", _shifted(graph, x, 1), x, _shifted(graph, x, -1), axis=2)
    products, biases = [], []
    for direction, each in enumerate(weights):
        of_gate, of_candidate, of_before = np.split(each["weight_ih"], 3)
        gate_bias, candidate_bias = np.split(each["bias_ih"], 2)
        nothing = np.zeros_like(of_gate)
        gate = [nothing, of_gate, nothing]
        gate[2 * direction] = of_before
        rows = (-np.hstack(gate), np.hstack([nothing] * 3), np.hstack([nothing, of_candidate, nothing]))
        products.append(np.concatenate(rows))
        biases.append(np.concatenate([-gate_bias, np.zeros(size), candidate_bias, np.zeros(3 * size)]))
    constants = (
        graph.constant(np.stack(products), np.float32, name=f"{x}_weight_ih"),
        graph.constant(np.zeros((len(weights), 3 * size, size)), np.float32, name=f"{x}_weight_hh"),
        graph.constant(np.stack(biases), np.float32, name=f"{x}_bias"),
    )
    linear = {
        "activations": ["Sigmoid", "Affine"] * len(weights),
        "activation_alpha": [1.0] * len(weights),
        "activation_beta": [0.0] * len(weights),
    }
    direction_name = "bidirectional" if len(weights) == 2 else "forward"
    states = graph.add("GRU", around, *constants, steps.lengths, hidden_size=size, direction=direction_name, **linear)
    return _side_by_side(graph, states, len(weights) * size)


def _add_convolution(graph: Graph, weights: Mapping[str, Array], x: str, steps: Steps) -> str:
    """Rectified maps of windows that begin with each token; behind a text they find zeros."""
    real = graph.add("Mul", x, graph.add("Cast", steps.mask, to=FLOAT))
    by_text = graph.add("Transpose", real, perm=[1, 2, 0])  # (B, E, T)
    maps = []
    for number in range(sum(name.endswith(".weight") for name in weights)):
        weight, bias = weights[f"maps.{number}.weight"], weights[f"maps.{number}.bias"]
        constants = (
            graph.constant(weight, np.float32, name=f"maps_{number}_weight"),
            graph.constant(bias, np.float32, name=f"maps_{number}_bias"),
        )
        found = graph.add("Conv", by_text, *constants, kernel_shape=[weight.shape[2]], pads=[0, weight.shape[2] - 1])
        maps.append(graph.add("Relu", found))
    return graph.add("Transpose", graph.add("Concat", *maps, axis=1), perm=[2, 0, 1])


def _side_by_side(graph: Graph, states: str, size: int) -> str:
    """What a recurrent operator gives, (T, D, B, H), as (T, B, D * H)."""
    return graph.add("Reshape", graph.add("Transpose", states, perm=[0, 2, 1, 3]), graph.constant([0, 0, size]))


def _shifted(graph: Graph, x: str, distance: int) -> str:
    """`x` (T, B, E) one step later (1) or earlier (-1), with zeros at the end that is free."""
    axis, last = graph.constant([0]), graph.constant([np.iinfo(np.int64).max])
    first = graph.add("Slice", x, graph.constant([0]), graph.constant([1]), axis)
    zero = graph.add("Mul", first, graph.constant([0.0], np.float32))
    if distance > 0:
        return graph.add("Concat", zero, graph.add("Slice", x, graph.constant([0]), graph.constant([-1]), axis), axis=0)
    return graph.add("Concat", graph.add("Slice", x, graph.constant([1]), last, axis), zero, axis=0)


def _product(graph: Graph, x: str, weight: Array, name: str) -> str:
    """`x` (T, B, E) times `weight` (H, E), transposed."""
    return graph.add("MatMul", x, graph.constant(weight.T, np.float32, name=name))


def _bias(graph: Graph, bias: Array, name: str) -> str:
    return graph.constant(bias, np.float32, name=name)
