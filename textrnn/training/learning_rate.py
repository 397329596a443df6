"""The learning rate as a plain function of the step."""

from __future__ import annotations

import math

import torch

from textrnn.config.train import LRSchedule, TrainConfig

# one-cycle: Smith & Topin 2019, "Super-convergence", with the numbers of torch.optim.lr_scheduler.OneCycleLR
FIRST_SHARE, LAST_SHARE = 1 / 25, 1 / 250_000
MOMENTUM, LOWEST_MOMENTUM = 0.95, 0.85
EPSILON = 1e-9  # a third of a share may be a hair more than a share of thirds


def learning_rate_at(step: int, total: int, *, highest: float, warmup: float, schedule: LRSchedule = "linear") -> float:
    """The rate of `step` (from 0) of `total`: up over the share `warmup`, down over the rest, linear or by a cosine; or
    staying there.

    >>> [round(learning_rate_at(s, 10, highest=1.0, warmup=0.2), 2) for s in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 0.5, 0.12]
    >>> [round(learning_rate_at(s, 10, highest=1.0, warmup=0.2, schedule="one_cycle"), 2) for s in (0, 1, 2, 6, 9)]
    [0.52, 1.0, 1.0, 0.5, 0.04]
    >>> [round(learning_rate_at(s, 10, highest=1.0, warmup=0.2, schedule="constant"), 2) for s in (0, 1, 2, 6, 9)]
    [0.5, 1.0, 1.0, 1.0, 1.0]
    """
    rising = round(total * warmup)
    if schedule == "one_cycle":
        if step < rising:
            return highest * (FIRST_SHARE + (1 - FIRST_SHARE) * (1 - _cosine((step + 1) / rising)))
        return highest * (LAST_SHARE + (1 - LAST_SHARE) * _cosine((step - rising) / max(total - rising, 1)))
    if step < rising:
        return highest * (step + 1) / rising
    if schedule == "constant":
        return highest
    return highest * (total - step) / max(total - rising, 1)


def _cosine(share: float) -> float:
    """From 1 to 0 as `share` goes from 0 to 1."""
    return (1 + math.cos(math.pi * share)) / 2


def set_rates(optimizer: torch.optim.Optimizer, rate: float, progress: float, config: TrainConfig) -> None:
    """Set the rate of every group, `progress` being the share of all steps that are done.

    A layer has `layer_decay` times the rate of the one above it, and none before its turn (Howard & Ruder 2018:
    discriminative fine-tuning, gradual unfreezing); under one_cycle momentum falls as the rate rises.
    """
    for group in optimizer.param_groups:
        depth = group["depth"]
        group["lr"] = rate * config.layer_decay**depth if progress + EPSILON >= depth * config.unfreeze else 0.0
        if config.schedule == "one_cycle":
            high = min(rate / config.learning_rate, 1.0)
            group["betas"] = (MOMENTUM - (MOMENTUM - LOWEST_MOMENTUM) * high, group["betas"][1])
