"""The moving average of the weights, which is scored, then kept."""

from __future__ import annotations

import torch
from torch import nn


def update_average(average: nn.Module, network: nn.Module, *, decay: float, step: int) -> None:
    """Move the weights of `average` towards those of `network` by 1 - `decay_at` (Polyak & Juditsky 1992).

    With decay 0 the average is a copy.
    """
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay_at(step, decay))


def decay_at(step: int, decay: float) -> float:
    """Early on (1 + step) / (10 + step) where that is less than `decay`, so that the first weights are soon forgotten.

    >>> decay_at(0, 0.99), decay_at(10_000, 0.99)
    (0.1, 0.99)
    """
    return min(decay, (1 + step) / (10 + step))
