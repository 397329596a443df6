"""`Network`: the weights of a trained network, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.model import ModelConfig
from textrnn.data.tabular import NO_TABULAR, TabularColumns
from textrnn.errors import ModelError
from textrnn.inference.shapes import network_shapes

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """Weights by name, float32, of the shapes that `network_shapes` gives; and what says how they are used.

    `vocabulary_size` rows of embeddings, `outputs` logits; the columns `tabular` are read next to the pooled text.
    """

    weights: Mapping[str, Array]
    config: ModelConfig
    vocabulary_size: int
    outputs: int
    tabular: TabularColumns = NO_TABULAR

    @property
    def size(self) -> int:
        """The number of weights."""
        return sum(weight.size for weight in self.weights.values())

    def part(self, prefix: str) -> dict[str, Array]:
        """Returns the weights whose names begin with `prefix`, without it."""
        return {name.removeprefix(prefix): w for name, w in self.weights.items() if name.startswith(prefix)}


def check_network(network: Network) -> Network:
    """Returns `network`. Raises ModelError unless its weights are those of its settings alone, finite and float32."""
    shapes = network_shapes(network.config, network.vocabulary_size, network.outputs, network.tabular)
    weights = network.weights
    for name, shape in shapes.items():
        if name not in weights or weights[name].shape != shape:
            found = f"the shape {tuple(weights[name].shape)}" if name in weights else "none"
            raise ModelError(f"weights: expected {name} of the shape {shape} as the settings say, found {found}")
    if unknown := sorted(weights.keys() - shapes.keys()):
        raise ModelError(f"weights: expected those of the model's own settings, found {unknown[0][:80]!r} too")
    for name, weight in weights.items():
        if weight.dtype != np.float32:
            raise ModelError(f"weights: expected float32, found {weight.dtype} for {name}")
        if not np.isfinite(weight).all():
            raise ModelError(f"weights: expected finite numbers, found others in {name}")
    return network
