"""Filters over windows of tokens: Kim 2014, "Convolutional neural networks for sentence classification"."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from textrnn.inference.shapes import FILTER_WIDTHS
from textrnn.machine.workers import Workers
from textrnn.nn.batch import mask_of
from textrnn.nn.encoded import Encoded
from textrnn.nn.noise import Noise


class ConvolutionEncoder(nn.Module):
    """`hidden_size` maps for each width of window, rectified, one a token: that of the window that begins with it.

    A window that reaches past the end of its text finds zeros there, as if the text were padded by itself: what it is
    padded with in a batch changes nothing.
    """

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.output_size = len(FILTER_WIDTHS) * hidden_size
        self.maps = nn.ModuleList([nn.Conv1d(input_size, hidden_size, width) for width in FILTER_WIDTHS])

    def forward(
        self, x: Tensor, lengths: Tensor, noise: Noise | None = None, workers: Workers | None = None
    ) -> Encoded:
        """Encode `x` (T, B, E) of `lengths` (B,): (T, B, 3 * H)."""
        real = (x * mask_of(lengths, len(x)).unsqueeze(2)).permute(1, 2, 0)
        found = [functional.relu(maps(functional.pad(real, (0, width - 1)))) for maps, width in self._each()]
        return Encoded(torch.cat(found, dim=1).permute(2, 0, 1))

    def _each(self) -> list[tuple[nn.Module, int]]:
        return list(zip(self.maps, FILTER_WIDTHS, strict=True))
