"""Tabular features in the network: numbers with embedded categories -> one vector."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from textrnn.data.side import Side, SideColumns

MOST = 50  # numbers an embedding of categories has at most


@dataclass(frozen=True)
class SideBatch:
    """The cells of B examples: `numbers` (B, K) float32 and `codes` (B, M) int64."""

    numbers: Tensor
    codes: Tensor

    def to(self, device: torch.device) -> SideBatch:
        """The same on `device`."""
        return SideBatch(self.numbers.to(device), self.codes.to(device))


def batch_of(side: Side) -> SideBatch:
    """The cells `side` as tensors."""
    return SideBatch(torch.from_numpy(side.numbers), torch.from_numpy(side.codes).long())


def embedded_size(categories: int) -> int:
    """How many numbers stand for one of so many categories: the rule of fastai's tabular models.

    >>> embedded_size(2), embedded_size(10), embedded_size(1000)
    (3, 6, 50)
    """
    return min(MOST, math.ceil(1.6 * math.pow(categories, 0.56)))


class SideEncoder(nn.Module):
    """Numbers and categories -> `size` rectified units.

    A category is an embedding (Guo & Berkhahn 2016, "Entity embeddings of categorical variables"); the units see all
    columns together, so that what one means may hang on another.
    """

    def __init__(self, columns: SideColumns, size: int) -> None:
        super().__init__()
        embeddings = [nn.Embedding(number, embedded_size(number)) for number in columns.sizes]
        for embedding in embeddings:
            nn.init.normal_(embedding.weight, std=0.1)
        self.embeddings = nn.ModuleList(embeddings)
        self.units = nn.Linear(columns.width + sum(map(embedded_size, columns.sizes)), size)

    def forward(self, side: SideBatch) -> Tensor:
        """(B, size)."""
        embedded = [embedding(side.codes[:, i]) for i, embedding in enumerate(self.embeddings)]
        units: Tensor = self.units(torch.cat([side.numbers, *embedded], dim=1))
        return units.relu()


def shapes_of_side(columns: SideColumns, size: int) -> dict[str, tuple[int, ...]]:
    """The shape of every weight of a `SideEncoder`, by name; nothing is built."""
    sizes = columns.sizes
    shapes: dict[str, tuple[int, ...]] = {
        f"embeddings.{i}.weight": (number, embedded_size(number)) for i, number in enumerate(sizes)
    }
    return {
        **shapes,
        "units.weight": (size, columns.width + sum(map(embedded_size, sizes))),
        "units.bias": (size,),
    }
