"""What training reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig


@dataclass(frozen=True)
class TrainArguments:
    """All of [model]; of [train] all but `init_from`, whose weights are read before: it is the default, and so is
    `compare_cold_start` where no model is started from.
    """

    model_config: ModelConfig
    train_config: TrainConfig


def train_arguments(model: ModelConfig, train: TrainConfig) -> TrainArguments:
    """The arguments of training, of the sections."""
    compared = TrainConfig.compare_cold_start if train.init_from == TrainConfig.init_from else train.compare_cold_start
    return TrainArguments(model, replace(train, init_from=TrainConfig.init_from, compare_cold_start=compared))
