"""AdamW, and its learning rate as a plain function of the step."""

from __future__ import annotations

import torch
from torch import nn


def build_optimizer(network: nn.Module, *, learning_rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW (Loshchilov & Hutter 2019); weights that are vectors (biases) do not decay."""
    matrices = [p for p in network.parameters() if p.dim() > 1]
    vectors = [p for p in network.parameters() if p.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=learning_rate, fused=True)


def learning_rate_at(step: int, total: int, *, highest: float, warmup: float) -> float:
    """The rate of `step` (from 0) of `total`: linear up over the share `warmup`, linear down to 0.

    >>> [round(learning_rate_at(s, 10, highest=1.0, warmup=0.2), 2) for s in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 0.5, 0.12]
    """
    rising = round(total * warmup)
    if step < rising:
        return highest * (step + 1) / rising
    return highest * (total - step) / max(total - rising, 1)


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the rate of every parameter group."""
    for group in optimizer.param_groups:
        group["lr"] = rate
