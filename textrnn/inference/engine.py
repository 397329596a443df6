"""The engine: a network prepared to be computed batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.model import Recurrence
from textrnn.data.tabular import TabularFeatures
from textrnn.inference.batches import Batch
from textrnn.inference.cells import CELLS
from textrnn.inference.convolution import convolve
from textrnn.inference.layer import Array, Layer, Pooled, Rows
from textrnn.inference.native_layer import NativeRecurrentLayer, native_layer
from textrnn.inference.network import Network
from textrnn.inference.numpy_layer import numpy_layer
from textrnn.inference.pooling import attend, join_pooled, pool_states
from textrnn.inference.products import Product, product_with
from textrnn.inference.shapes import cell_shapes, layer_suffixes
from textrnn.inference.tabular import TabularEncoder, tabular_encoder
from textrnn.inference.token_products import TokenProducts
from textrnn.kernels.library import find_library

FirstProducts = tuple[Array, Rows] | None  # of the first layer: products, and whose row is each token of the window


@dataclass(frozen=True)
class Engine:
    """A `network` with its weights in the order in which they are read.

    `layers` are the recurrent ones, of which `tokens` keeps what the first makes of each token. `score` weighs the
    states of attention pooling.
    """

    network: Network
    layers: Sequence[Layer]
    tokens: TokenProducts | None
    score: Product | None
    tabular: TabularEncoder | None
    head: Product

    @property
    def is_native(self) -> bool:
        """Whether kernels compute it, each text on its own thread."""
        return bool(self.layers) and all(isinstance(layer, NativeRecurrentLayer) for layer in self.layers)

    def logits(
        self, ids: NDArray[np.int32], first: FirstProducts, batch: Batch, tabular: TabularFeatures | None
    ) -> Array:
        """Returns the logits (B, C) float32 of a `batch` of the window whose tokens are `ids` (tokens,)."""
        pooled = self._pool(ids, first, batch)
        if self.tabular is not None:
            assert tabular is not None
            pooled = np.concatenate([pooled, self.tabular(tabular, batch.texts)], axis=1)
        return self.head(np.ascontiguousarray(pooled))

    def _pool(self, ids: NDArray[np.int32], first: FirstProducts, batch: Batch) -> Array:
        config = self.network.config
        if not self.layers:
            states = self._embed(ids, batch)
            if config.encoder == "convolution":
                states = convolve(self.network.part("encoder."), states, batch)
            return self._pool_states(states, batch, directions=1)
        products, rows = first or (self.layers[0].multiply(self._embed(ids, batch)), None)
        *below, last = self.layers
        for number, layer in enumerate(below):
            products, rows = self.layers[number + 1].multiply(layer.read(products, rows, batch)), None
        if self.score is None:
            return join_pooled(config.pooling, last.pool(products, rows, batch))
        return self._pool_states(last.read(products, rows, batch), batch, directions=2 if config.bidirectional else 1)

    def _pool_states(self, states: Array, batch: Batch, *, directions: int) -> Array:
        if self.score is not None:
            return attend(states, self.score(states)[:, 0], batch)
        pooled: Pooled = pool_states(states, batch, directions=directions)
        return join_pooled(self.network.config.pooling, pooled)

    def _embed(self, ids: NDArray[np.int32], batch: Batch) -> Array:
        """(tokens, E): the embedded tokens of `batch`."""
        return self.network.weights["embedding.weight"][ids[batch.positions()]]


def build_engine(network: Network) -> Engine:
    """Returns the engine of `network`: every layer by a kernel if there is one for it, else by numpy."""
    weights = network.weights
    layers = _recurrent_layers(network)
    score = None
    if network.config.pooling == "attention":
        score = product_with(weights["pool.score.weight"], weights["pool.score.bias"])
    return Engine(
        network,
        layers,
        TokenProducts(layers[0], weights["embedding.weight"]) if layers else None,
        score,
        tabular_encoder(network),
        product_with(weights["head.weight"], weights["head.bias"]),
    )


def _recurrent_layers(network: Network) -> list[Layer]:
    config, weights = network.config, network.part("encoder.")
    if config.encoder == "bag" or config.encoder == "convolution":
        return []
    layers: list[Layer] = []
    for number in range(config.num_layers):
        names = cell_shapes(config.encoder, 1, 1)
        suffixes = layer_suffixes(number, bidirectional=config.bidirectional)
        each = [{name: weights[name + suffix] for name in names} for suffix in suffixes]
        layers.append(_build_layer(config.encoder, config.hidden_size, each))
    return layers


def _build_layer(cell: Recurrence, hidden_size: int, weights: list[dict[str, Array]]) -> Layer:
    """A layer with the `weights` of each direction, by their names in the cell."""
    library = find_library("float32")
    native = None if library is None else native_layer(library, cell, hidden_size, weights)
    return native or numpy_layer(CELLS[cell], hidden_size, weights)
