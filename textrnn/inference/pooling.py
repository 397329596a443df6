"""Pooling: the states of each text become one vector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from textrnn.config.model import Pooling
from textrnn.inference.batches import Batch
from textrnn.inference.layer import Array, Pooled


def join_pooled(kind: Pooling, pooled: Pooled) -> Array:
    """Returns what `kind` takes of the pooled states, (B, P)."""
    match kind:
        case "max":
            return pooled.highest
        case "mean":
            return pooled.mean
        case "last":
            return pooled.last
        case _:
            return np.concatenate([pooled.highest, pooled.mean], axis=1)


def pool_states(states: Array, batch: Batch, *, directions: int = 1) -> Pooled:
    """Returns the `states` (tokens, D * H) of a batch pooled; the second direction ends at a text's first token."""
    places, lengths = batch.places, batch.lengths
    highest, mean, last = (np.zeros((len(lengths), states.shape[1]), np.float32) for _ in range(3))
    some = int((lengths > 0).sum())  # lengths fall: the texts without tokens are the last
    if some:
        first, end = places[:some], places[:some] + lengths[:some] - 1
        highest[:some] = np.maximum.reduceat(states, first)
        mean[:some] = np.add.reduceat(states, first) / lengths[:some, None].astype(np.float32)
        half = states.shape[1] // directions
        last[:some, :half] = states[end, :half]
        last[:some, half:] = states[first, half:]
    return Pooled(highest, mean, last)


def attend(states: Array, scores: NDArray[np.float32], batch: Batch) -> Array:
    """Returns the mean (B, D) of the `states` (tokens, D) of each text, weighted by softmax of its `scores` (tokens,).

    Yang et al. 2016, "Hierarchical attention networks for document classification", without the hidden layer.
    """
    pooled = np.zeros((len(batch.lengths), states.shape[1]), np.float32)
    some = int((batch.lengths > 0).sum())
    if some:
        first, lengths = batch.places[:some], batch.lengths[:some]
        powers = np.exp(scores - np.repeat(np.maximum.reduceat(scores, first), lengths))
        weights = powers / np.repeat(np.add.reduceat(powers, first), lengths)
        pooled[:some] = np.add.reduceat(weights[:, None] * states, first)
    return pooled
