"""Dropout drawn from a generator that is handed in: one mask a text, and words read as UNK.

No generator means no dropout: the draw never depends on a hidden global state, so that a step is
a pure function of (seed, epoch, position).
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

UNK = 1


def step_generator(seed: int, epoch: int, position: int) -> Generator:
    """The generator of one training step, the same wherever and whenever it is made."""
    mixed = (seed * 0x9E3779B97F4A7C15 + epoch * 0xBF58476D1CE4E5B9 + position * 0x94D049BB133111EB) % (1 << 63)
    return torch.Generator().manual_seed(mixed)


def drop_words(ids: Tensor, share: float, noise: Generator | None) -> Tensor:
    """`ids` (T, B) int64 with a `share` of the real tokens read as UNK (Iyyer et al. 2015).

    PAD stays PAD.
    """
    if noise is None or share == 0:
        return ids
    dropped = torch.rand(ids.shape, generator=noise).to(ids.device) < share
    return ids.masked_fill(dropped & (ids != 0), UNK)


def drop_features(x: Tensor, share: float, noise: Generator | None) -> Tensor:
    """`x` (..., B, F) with a `share` of the features of each text zeroed, the rest scaled up.

    One mask a text, the same at every step (Gal & Ghahramani 2016).
    """
    if noise is None or share == 0:
        return x
    kept = (torch.rand(x.shape[-2:], generator=noise) >= share).to(device=x.device, dtype=x.dtype)
    return x * (kept / (1 - share))
