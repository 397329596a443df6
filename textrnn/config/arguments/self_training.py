"""What self-training reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from textrnn.config.model import ModelConfig
from textrnn.config.teach import SelfTrainingConfig
from textrnn.config.train import TrainConfig


@dataclass(frozen=True)
class SelfTrainingArguments:
    """All of [teach] and [model]; of [train] all but `epochs`, which teachers do not read: it is the default."""

    teach: SelfTrainingConfig
    model: ModelConfig
    train: TrainConfig


@dataclass(frozen=True)
class NoTeachers:
    """Of [teach]: that nothing is trained."""

    teachers: Literal[0] = 0


@dataclass(frozen=True)
class UnlabelledUse:
    """Of [train]: which of its terms read texts without labels."""

    virtual_adversarial: bool
    entropy: bool


@dataclass(frozen=True)
class NoSelfTraining:
    """What is read where self-training is off."""

    train: UnlabelledUse
    teach: NoTeachers = NoTeachers()


def self_training_arguments(
    model: ModelConfig, train: TrainConfig, teach: SelfTrainingConfig
) -> SelfTrainingArguments | NoSelfTraining:
    """The arguments of self-training, of the sections."""
    if not teach.teachers:
        return NoSelfTraining(UnlabelledUse(train.virtual_adversarial > 0, train.entropy > 0))
    return SelfTrainingArguments(teach, model, replace(train, epochs=TrainConfig.epochs))
