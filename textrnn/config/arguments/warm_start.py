"""What a warm start reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass

from textrnn.config.arguments.initial_model import InitialModel
from textrnn.config.field_types import select_fields
from textrnn.config.model import ModelConfig, PooledShape
from textrnn.config.train import TrainConfig


@dataclass(frozen=True)
class WarmStartArguments:
    """The model to start from; and the shape that it must have, where there is one."""

    train_config: InitialModel
    model_config: PooledShape | None = None


def warm_start_arguments(model: ModelConfig, train: TrainConfig) -> WarmStartArguments:
    """The arguments of a warm start, of the sections."""
    shape = None if train.init_from == "none" else select_fields(PooledShape, model)
    return WarmStartArguments(select_fields(InitialModel, train), shape)
