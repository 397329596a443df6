"""Room for what C writes, between guards that must stay as they are."""

from __future__ import annotations

import math

import torch
from torch import Tensor

GUARD, MARK = 64, 7  # numbers on each side: whole lines of the cache, so that what lies between stays aligned


class Guarded:
    """Gives out rooms, and says whether nothing was written around them."""

    def __init__(self) -> None:
        self.given: list[tuple[Tensor, int]] = []

    def room(self, *shape: int, of: torch.dtype) -> Tensor:
        count = math.prod(shape)
        whole = torch.full((count + 2 * GUARD,), MARK, dtype=of)
        self.given.append((whole, count))
        return whole[GUARD : GUARD + count].view(shape)

    def untouched(self) -> bool:
        sides = [tabular for whole, count in self.given for tabular in (whole[:GUARD], whole[GUARD + count :])]
        return bool(sides) and all(bool((tabular == MARK).all()) for tabular in sides)
