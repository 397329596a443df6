"""A bag of embeddings: the tokens in no order, as fastText reads them (Joulin et al. 2017), pooled as any others."""

from __future__ import annotations

from torch import Tensor, nn

from textrnn.machine.workers import Workers
from textrnn.nn.encoded import Encoded
from textrnn.nn.noise import Noise


class Bag(nn.Module):
    """Gives each embedded token as its own encoding; it has no weights."""

    def __init__(self, input_size: int) -> None:
        super().__init__()
        self.output_size = input_size

    def forward(
        self, x: Tensor, lengths: Tensor, noise: Noise | None = None, workers: Workers | None = None
    ) -> Encoded:
        """`x` (T, B, E) itself."""
        return Encoded(x)
