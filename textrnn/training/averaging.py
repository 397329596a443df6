"""A moving average of the weights: what is scored, and what is kept."""

from __future__ import annotations

import torch
from torch import nn


def update_average(average: nn.Module, network: nn.Module, *, decay: float, step: int) -> None:
    """Move the weights of `average` towards those of `network` by 1 - decay (Polyak & Juditsky 1992).

    Early on the decay is (1 + step) / (10 + step) where that is less, so that the first weights
    are soon forgotten. With decay 0 the average is a copy.
    """
    used = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - used)
