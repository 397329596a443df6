"""A self-test: the engine against a bidirectional LSTM computed step by step in float64."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from textrnn.config.model import ModelConfig
from textrnn.data.tabular import NO_TABULAR
from textrnn.inference.engine import build_engine
from textrnn.inference.logits import compute_logits
from textrnn.inference.network import Network
from textrnn.inference.shapes import network_shapes
from textrnn.text.ragged import Ragged, offsets_of

TOKENS, CLASSES = 50, 3
CONFIG = ModelConfig(embedding_size=24, hidden_size=32, num_layers=2, pooling="mean")
Float = NDArray[np.float64]


def max_logit_error(*, texts: int = 16, longest: int = 60) -> float:
    """Returns the largest error of the engine's logits of `texts` texts, as a share of the largest logit."""
    random = np.random.default_rng(0)
    shapes = network_shapes(CONFIG, TOKENS, CLASSES, NO_TABULAR)
    weights = {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    lengths = np.append(random.integers(1, longest + 1, texts - 1), 0)
    rows = Ragged(random.integers(0, TOKENS, int(lengths.sum())).astype(np.int32), offsets_of(lengths))
    engine = build_engine(Network(weights, CONFIG, TOKENS, CLASSES))
    found = compute_logits(engine, rows, max_tokens=longest)
    expected = np.stack([_logits(weights, rows[number]) for number in range(texts)])
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def _logits(weights: Mapping[str, NDArray[np.float32]], ids: NDArray[np.int32]) -> Float:
    states: Float = weights["embedding.weight"][ids].astype(np.float64)
    for layer in range(CONFIG.num_layers):
        ways = (f"_l{layer}", f"_l{layer}_reverse")
        forward, backward = ({n: weights[f"encoder.{n}{way}"].astype(np.float64) for n in WEIGHT_NAMES} for way in ways)
        states = np.concatenate([_lstm(forward, states), _lstm(backward, states[::-1])[::-1]], axis=1)
    mean = states.mean(axis=0) if len(states) else np.zeros(states.shape[1])
    logits: Float = weights["head.weight"] @ mean + weights["head.bias"]
    return logits


WEIGHT_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _lstm(weights: Mapping[str, Float], inputs: Float) -> Float:
    """The states (T, H) of one direction, as the documentation of `torch.nn.LSTM` defines them."""
    size = CONFIG.hidden_size
    state, cell, states = np.zeros(size), np.zeros(size), np.zeros((len(inputs), size))
    for step, x in enumerate(inputs):
        gates = weights["weight_ih"] @ x + weights["bias_ih"] + weights["weight_hh"] @ state + weights["bias_hh"]
        i, f, g, o = gates.reshape(4, size)
        cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(g)
        states[step] = state = _sigmoid(o) * np.tanh(cell)
    return states


def _sigmoid(x: Float) -> Float:
    return 1 / (1 + np.exp(-x))
