"""Tabular features in the network: numbers with embedded categories -> rectified units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.data.tabular import TabularFeatures
from textrnn.inference.layer import Array
from textrnn.inference.network import Network
from textrnn.inference.products import Product, product_with


@dataclass(frozen=True)
class TabularEncoder:
    """An embedding a categorical column, and the units that see all columns together."""

    embeddings: Sequence[Array]
    units: Product

    def __call__(self, tabular: TabularFeatures, rows: NDArray[np.int64]) -> Array:
        """Returns the units (B, S) of the `rows` (B,) of `tabular`."""
        embedded = [embedding[tabular.codes[rows, i]] for i, embedding in enumerate(self.embeddings)]
        units = self.units(np.ascontiguousarray(np.concatenate([tabular.numbers[rows], *embedded], axis=1)))
        return np.maximum(units, 0, out=units)


def tabular_encoder(network: Network) -> TabularEncoder | None:
    """Returns what encodes the tabular features of `network`; None if it reads none."""
    if not network.tabular.features:
        return None
    weights = network.part("side.")
    embeddings = [weights[f"embeddings.{i}.weight"] for i in range(len(network.tabular.sizes))]
    return TabularEncoder(embeddings, product_with(weights["units.weight"], weights["units.bias"]))
