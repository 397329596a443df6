"""Dropout: features zeroed by one mask a text, words read as UNK. Without a `Noise` nothing is dropped."""

from __future__ import annotations

from torch import Tensor

from textrnn.nn.noise import Noise
from textrnn.text.special_tokens import PAD, UNK


def drop_words(ids: Tensor, share: float, noise: Noise | None) -> Tensor:
    """`ids` (T, B) int64 with a `share` of the real tokens read as UNK (Iyyer et al. 2015).

    PAD stays PAD.
    """
    if noise is None or share == 0:
        return ids
    dropped = noise.uniform_per_token(*ids.shape).to(ids.device) < share
    return ids.masked_fill(dropped & (ids != PAD), UNK)


def drop_features(x: Tensor, share: float, noise: Noise | None) -> Tensor:
    """`x` (..., B, F) with a `share` of the features of each text zeroed, the rest scaled up.

    One mask a text, the same at every step (Gal & Ghahramani 2016).
    """
    mask = mask_of_features(x.shape[-2], x.shape[-1], share, noise)
    return x if mask is None else x * mask.to(device=x.device, dtype=x.dtype)


def mask_of_features(texts: int, features: int, share: float, noise: Noise | None) -> Tensor | None:
    """What `drop_features` multiplies by, (`texts`, `features`) float32; None where nothing is dropped."""
    if noise is None or share == 0:
        return None
    return (noise.uniform_per_text(texts, features) >= share).float() / (1 - share)
