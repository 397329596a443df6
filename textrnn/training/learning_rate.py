"""The learning rate as a plain function of the step."""

from __future__ import annotations

import torch

from textrnn.config.train import LRSchedule


def learning_rate_at(step: int, total: int, *, highest: float, warmup: float, schedule: LRSchedule = "linear") -> float:
    """The rate of `step` (from 0) of `total`: up over the share `warmup`, then down to 0 in a line, or staying there.

    >>> [round(learning_rate_at(s, 10, highest=1.0, warmup=0.2), 2) for s in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 0.5, 0.12]
    >>> [round(learning_rate_at(s, 10, highest=1.0, warmup=0.2, schedule="constant"), 2) for s in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 1.0, 1.0]
    """
    rising = round(total * warmup)
    if step < rising:
        return highest * (step + 1) / rising
    if schedule == "constant":
        return highest
    return highest * (total - step) / max(total - rising, 1)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the rate of every group."""
    for group in optimizer.param_groups:
        group["lr"] = rate
