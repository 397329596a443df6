"""What computes a recurrent layer."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from textrnn.inference.batches import Batch

Array = NDArray[np.float32]
Rows = NDArray[np.int32]


class Pooled(NamedTuple):
    """The maximum, the mean and the last of the states of each text: (B, D * H) float32 each; zeros without tokens."""

    highest: Array
    mean: Array
    last: Array


class Layer(Protocol):
    """A layer of D directions of H units, which computes in two steps: input products, then the recurrence.

    Shape letters: E inputs, F products a token, D directions, H units, B texts.
    """

    @property
    def width(self) -> int:
        """F, the number of input products a token."""

    def multiply(self, x: Array, which: NDArray[np.int64] | None = None, out: Array | None = None) -> Array:
        """Returns the input products (N, F) of `x` (N, E), or of its rows `which` (N,); they go into `out` if given."""

    def read(self, products: Array, rows: Rows | None, batch: Batch) -> Array:
        """Returns the states (tokens, D * H) of `batch`, each direction in the order of the text.

        `rows` (window,) int32 says which of the `products` are those of a token of the window; without `rows` they
        stand as the tokens of the batch.
        """

    def pool(self, products: Array, rows: Rows | None, batch: Batch) -> Pooled:
        """Returns those states pooled as they are read."""
