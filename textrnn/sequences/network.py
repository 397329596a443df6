"""The network over sequences of numbers: recurrent encoder, pooling, linear head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from textrnn.config.sequence_model import SequenceConfig
from textrnn.errors import ModelError
from textrnn.inference.shapes import layer_shapes
from textrnn.machine.workers import Workers
from textrnn.nn.dropout import drop_features
from textrnn.nn.noise import Noise
from textrnn.nn.pooling import Pool, read_and_pool
from textrnn.nn.random_weights import seeded
from textrnn.nn.recurrent import RecurrentEncoder

ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Values:
    """B sequences of numbers, time first: `x` (T, B, F) float32, each of T steps.

    `labels` are the numbers wanted (B, O) float32, or class numbers (B,) int64, or None. As of a `Batch` of texts,
    `weights` would say how much each counts, and `target` of what kind they are: here all count alike, and classes are
    single.
    """

    x: Tensor
    labels: Tensor | None = None
    weights: None = None
    target: None = None

    @property
    def lengths(self) -> Tensor:
        """(B,) int64: T for every sequence."""
        return torch.full((self.x.shape[1],), len(self.x), device=self.x.device)

    def to(self, device: torch.device) -> Values:
        """The same on `device`."""
        return Values(self.x.to(device), None if self.labels is None else self.labels.to(device))


def values_of(x: NDArray[np.float32], labels: NDArray[np.generic] | None = None) -> Values:
    """The batch of the sequences `x` (B, T, F), and what is wanted of them."""
    turned = torch.from_numpy(np.ascontiguousarray(x.transpose(1, 0, 2)))
    return Values(turned, None if labels is None else torch.from_numpy(np.ascontiguousarray(labels)))


class SequenceNetwork(nn.Module):
    """Numbers (T, B, `features`) -> (B, `outputs`); with a `Noise` it drops features as a training step does."""

    def __init__(self, config: SequenceConfig, features: int, outputs: int) -> None:
        super().__init__()
        self.config = config
        self.encoder = RecurrentEncoder(
            config.encoder,
            features,
            config.hidden_size,
            num_layers=config.num_layers,
            bidirectional=config.bidirectional,
            layer_dropout=config.layer_dropout,
        )
        self.pool = Pool(config.pooling, self.encoder.output_size)
        self.head = nn.Linear(self.pool.output_size, outputs)

    def forward(self, batch: Values, noise: Noise | None = None, workers: Workers | None = None) -> Tensor:
        """(B, O) float32; `workers` compute parts of it at once."""
        lengths = batch.lengths
        pooled = read_and_pool(self.encoder, self.pool, batch.x, lengths, noise, workers)
        found: Tensor = self.head(drop_features(pooled, self.config.dropout, noise))
        return found.float()


def build_sequence_network(config: SequenceConfig, features: int, outputs: int, *, seed: int) -> SequenceNetwork:
    """A network with fresh weights drawn from `seed`; the global generator is left as it was."""
    with seeded(seed):
        return SequenceNetwork(config, features, outputs)


def sequence_network_of(
    weights: Mapping[str, Tensor], config: SequenceConfig, features: int, outputs: int
) -> SequenceNetwork:
    """The network with these weights. Raises ModelError where names, shapes or numbers do not fit."""
    # before anything is built: settings that lie must not allocate what they say
    shapes = _shapes_of(config, features, outputs)
    if odd := sorted(shapes.keys() ^ weights.keys()):
        state = "none" if odd[0] in shapes else "one"
        raise ModelError(f"weights: expected those of the model's own settings, found {state} called {odd[0][:80]!r}")
    for name, shape in shapes.items():
        weight = weights[name]
        if weight.shape != shape or weight.dtype != torch.float32 or not bool(weight.isfinite().all()):
            found = f"{tuple(weight.shape)} {weight.dtype}"
            raise ModelError(f"weights: expected {name} to be {shape}, float32 and finite, found {found}")
    network = build_sequence_network(config, features, outputs, seed=0)
    network.load_state_dict(dict(weights))
    return network.eval()


def _shapes_of(config: SequenceConfig, features: int, outputs: int) -> dict[str, tuple[int, ...]]:
    width = config.hidden_size * (2 if config.bidirectional else 1)
    of_layers = layer_shapes(
        config.encoder, features, config.hidden_size, num_layers=config.num_layers, bidirectional=config.bidirectional
    )
    shapes = {f"encoder.{name}": shape for name, shape in of_layers.items()}
    if config.pooling == "attention":
        shapes |= {"pool.score.weight": (1, width), "pool.score.bias": (1,)}
    pooled = width * 2 if config.pooling == "max_mean" else width
    return {**shapes, "head.weight": (outputs, pooled), "head.bias": (outputs,)}


def predict_values(network: SequenceNetwork, x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Predict from `x` (N, T, F): (N, O) float64, without dropout and gradients."""
    device = next(network.parameters()).device
    found = np.empty((len(x), network.head.out_features), dtype=np.float64)
    with torch.inference_mode():
        for start in range(0, len(x), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            found[rows] = network(values_of(x[rows]).to(device)).cpu().numpy()
    return found
