"""The state of a training run: what a step changes, what a checkpoint holds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn


@dataclass
class TrainingState:
    """All that a step changes: what a checkpoint holds.

    `epoch` counts finished epochs, `position` the steps done in the present one, `step` all steps.
    `loss_sum` is summed over `texts` texts of the present epoch. `best` are the averaged weights of
    `best_epoch` (from 1), `waited` the epochs since.
    """

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.AdamW
    epoch: int = 0
    position: int = 0
    step: int = 0
    loss_sum: float = 0.0
    texts: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = math.inf
    best_score: float = 0.0
    best: dict[str, Tensor] = field(default_factory=dict)
    waited: int = 0
    finished: bool = False
