"""What training reads: not where the weights came from, which an earlier stage has read."""

from __future__ import annotations

from textrnn.config.arguments.train import train_arguments
from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig


def test_the_initial_model_is_no_argument_of_training() -> None:
    assert train_arguments(ModelConfig(), TrainConfig(init_from="a/model")) == train_arguments(
        ModelConfig(), TrainConfig()
    )
    assert train_arguments(ModelConfig(), TrainConfig(epochs=7)).train_config.epochs == 7
