"""What `build_vocabulary` reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.arguments.initial_model import InitialModel
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.field_types import NotInKeyUnless, select_fields
from textrnn.config.train import TrainConfig
from textrnn.config.vocabulary import VocabularyConfig


@dataclass(frozen=True)
class WordsOfEncoder:
    """Of [embeddings]: the sentence encoder whose words have an id too, or none."""

    encoder: Annotated[str, NotInKeyUnless(("none",))]


@dataclass(frozen=True)
class VocabularyArguments:
    """All of [vocabulary], the model whose tokens stay, and the encoder whose words are known."""

    vocabulary_config: VocabularyConfig
    train_config: InitialModel
    embeddings_config: WordsOfEncoder


def vocabulary_arguments(
    vocabulary: VocabularyConfig, train: TrainConfig, embeddings: EmbeddingsConfig
) -> VocabularyArguments:
    """The arguments of a vocabulary, of the sections."""
    return VocabularyArguments(
        vocabulary, select_fields(InitialModel, train), select_fields(WordsOfEncoder, embeddings)
    )
