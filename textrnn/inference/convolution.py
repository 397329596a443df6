"""Filters over windows of tokens: Kim 2014, "Convolutional neural networks for sentence classification"."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from textrnn.inference.batches import Batch
from textrnn.inference.layer import Array
from textrnn.inference.shapes import FILTER_WIDTHS


def convolve(weights: Mapping[str, Array], x: Array, batch: Batch) -> Array:
    """Returns (tokens, 3 * H): H rectified maps for each width of window, of the window that begins with a token.

    `x` (tokens, E) are the embedded tokens. A window that reaches past the end of its text finds zeros there.
    """
    left = np.repeat(batch.lengths, batch.lengths) - (np.arange(len(x)) - np.repeat(batch.places, batch.lengths))
    shifted = [x]
    for distance in range(1, max(FILTER_WIDTHS)):
        later = np.zeros_like(x)
        later[:-distance] = x[distance:]
        shifted.append(later * (left > distance)[:, None])
    maps = []
    for number, width in enumerate(FILTER_WIDTHS):
        weight = weights[f"maps.{number}.weight"]
        found = np.tile(weights[f"maps.{number}.bias"], (len(x), 1))
        for distance in range(width):
            found += shifted[distance] @ weight[:, :, distance].T
        maps.append(np.maximum(found, 0, out=found))
    return np.concatenate(maps, axis=1)
