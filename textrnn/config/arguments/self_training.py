"""What self-training reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from textrnn.config.field_types import NotInKeyUnless, select_fields
from textrnn.config.model import ModelConfig
from textrnn.config.self_training import SelfTrainingConfig
from textrnn.config.train import TrainConfig
from textrnn.config.unlabelled import UnlabelledConfig

NO_SOURCE = UnlabelledConfig()


@dataclass(frozen=True)
class SelfTrainingArguments:
    """All of [self_training] and [model]; of [train] all but `epochs`, `init_from` and `compare_cold_start`, which
    are the defaults: teachers do not read them.
    """

    self_training_config: SelfTrainingConfig
    model_config: ModelConfig
    train_config: TrainConfig


@dataclass(frozen=True)
class Teacher:
    """Of [self_training]: who is asked, and how soft the answer is."""

    teacher: Annotated[str, NotInKeyUnless(("self",))]
    temperature: float


@dataclass(frozen=True)
class TeacherArguments:
    """What is read where a teacher is asked that is there already: who it is, and all of [unlabelled], whose texts it
    reads.
    """

    self_training_config: Teacher
    unlabelled_config: UnlabelledConfig


@dataclass(frozen=True)
class SelfTrainingDisabled:
    """Of [self_training]: that nothing is trained."""

    teachers: Literal[0] = 0


@dataclass(frozen=True)
class NoSelfTraining:
    """What is read where self-training is off."""

    self_training_config: SelfTrainingDisabled = SelfTrainingDisabled()


def self_training_arguments(
    model: ModelConfig,
    train: TrainConfig,
    self_training: SelfTrainingConfig,
    unlabelled: UnlabelledConfig = NO_SOURCE,
) -> SelfTrainingArguments | TeacherArguments | NoSelfTraining:
    """The arguments of self-training, of the sections."""
    if self_training.teacher != "self":
        return TeacherArguments(select_fields(Teacher, self_training), unlabelled)
    if not self_training.teachers:
        return NoSelfTraining()
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
