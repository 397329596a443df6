"""AdamW, whose weight decay leaves biases alone."""

from __future__ import annotations

import torch
from torch import nn


def build_optimizer(network: nn.Module, *, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019) in two groups: matrices, and what is a vector (biases) and does not decay."""
    parameters = list(network.parameters())
    return torch.optim.AdamW(
        [
            {"params": [each for each in parameters if each.dim() > 1], "weight_decay": weight_decay},
            {"params": [each for each in parameters if each.dim() <= 1], "weight_decay": 0.0},
        ],
        lr=learning_rate,
        fused=True,
    )
