"""Tabular features in the network: numbers with embedded categories -> one vector."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from textrnn.data.tabular import TabularColumns, TabularFeatures
from textrnn.inference.shapes import embedded_size


@dataclass(frozen=True)
class TabularBatch:
    """The cells of B examples: `numbers` (B, K) float32 and `codes` (B, M) int64."""

    numbers: Tensor
    codes: Tensor

    def to(self, device: torch.device) -> TabularBatch:
        """The same on `device`."""
        return TabularBatch(self.numbers.to(device), self.codes.to(device))


def tabular_batch(tabular: TabularFeatures) -> TabularBatch:
    """The cells `tabular` as tensors."""
    return TabularBatch(torch.from_numpy(tabular.numbers), torch.from_numpy(tabular.codes).long())


class TabularEncoder(nn.Module):
    """Numbers and categories -> `size` rectified units.

    A category is an embedding (Guo & Berkhahn 2016, "Entity embeddings of categorical variables"); the units see all
    columns together, so that what one means may hang on another.
    """

    def __init__(self, columns: TabularColumns, size: int) -> None:
        super().__init__()
        embeddings = [nn.Embedding(number, embedded_size(number)) for number in columns.sizes]
        for embedding in embeddings:
            nn.init.normal_(embedding.weight, std=0.1)
        self.embeddings = nn.ModuleList(embeddings)
        self.units = nn.Linear(columns.width + sum(map(embedded_size, columns.sizes)), size)

    def forward(self, tabular: TabularBatch) -> Tensor:
        """(B, size)."""
        embedded = [embedding(tabular.codes[:, i]) for i, embedding in enumerate(self.embeddings)]
        units: Tensor = self.units(torch.cat([tabular.numbers, *embedded], dim=1))
        return units.relu()
