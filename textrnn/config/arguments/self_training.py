"""What self-training reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from textrnn.config.model import ModelConfig
from textrnn.config.self_training import SelfTrainingConfig
from textrnn.config.train import TrainConfig


@dataclass(frozen=True)
class SelfTrainingArguments:
    """All of [self_training] and [model]; of [train] all but `epochs`, `init_from` and `compare_cold_start`, which
    are the defaults: teachers do not read them.
    """

    self_training_config: SelfTrainingConfig
    model_config: ModelConfig
    train_config: TrainConfig


@dataclass(frozen=True)
class SelfTrainingDisabled:
    """Of [self_training]: that nothing is trained."""

    teachers: Literal[0] = 0


@dataclass(frozen=True)
class UnlabelledUse:
    """Of [train]: which of its terms read texts without labels."""

    virtual_adversarial: bool
    entropy: bool


@dataclass(frozen=True)
class NoSelfTraining:
    """What is read where self-training is off."""

    train_config: UnlabelledUse
    self_training_config: SelfTrainingDisabled = SelfTrainingDisabled()


def self_training_arguments(
    model: ModelConfig, train: TrainConfig, self_training: SelfTrainingConfig
) -> SelfTrainingArguments | NoSelfTraining:
    """The arguments of self-training, of the sections."""
    if not self_training.teachers:
        return NoSelfTraining(UnlabelledUse(train.virtual_adversarial > 0, train.entropy > 0))
    return SelfTrainingArguments(
        self_training,
        model,
        replace(
            train,
            epochs=TrainConfig.epochs,
            init_from=TrainConfig.init_from,
            compare_cold_start=TrainConfig.compare_cold_start,
        ),
    )
