"""What `build_vocabulary` reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass

from textrnn.config.arguments.initial_model import InitialModel
from textrnn.config.field_types import select_fields
from textrnn.config.train import TrainConfig
from textrnn.config.vocabulary import VocabularyConfig


@dataclass(frozen=True)
class VocabularyArguments:
    """All of [vocabulary], and the model whose tokens stay."""

    vocabulary_config: VocabularyConfig
    train_config: InitialModel


def vocabulary_arguments(vocabulary: VocabularyConfig, train: TrainConfig) -> VocabularyArguments:
    """The arguments of a vocabulary, of the sections."""
    return VocabularyArguments(vocabulary, select_fields(InitialModel, train))
