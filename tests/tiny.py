"""The smallest things that train: ids of made-up texts, and the settings of a tiny network."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np
from made import make_rows
from numpy.typing import NDArray

from textrnn.config.model import ModelConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.train import TrainConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.load import corpus_of
from textrnn.data.target import Target
from textrnn.inference.classifier import Classifier
from textrnn.inference.engine import build_engine
from textrnn.inference.logits import compute_logits
from textrnn.metrics.softmax import softmax
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.ids import Ids
from textrnn.text.numericalize import numericalize
from textrnn.text.ragged import Ragged, ragged
from textrnn.text.tokenize import tokenize
from textrnn.text.vocabulary import Vocabulary

MODEL = ModelConfig(embedding_size=6, hidden_size=5)
TRAIN = TrainConfig(epochs=2, batch_size=16, max_tokens=20, precision="float32", device="cpu", adversarial=0.0)


@functools.cache
def made_ids(rows: int = 120, *, validation_fraction: float = 0.2) -> tuple[Vocabulary, Ids]:
    """The made-up rows as a vocabulary and ids of train and validation."""
    texts, labels = zip(*make_rows(rows), strict=True)
    corpus = corpus_of(texts, labels, validation_fraction=validation_fraction)
    words = tokenize(corpus, TokenizeConfig())
    vocabulary = build_vocabulary(words, VocabularyConfig())
    return vocabulary, numericalize(words, vocabulary)


def predict_encoded(classifier: Classifier, rows: Ragged) -> NDArray[np.float64]:
    """Probabilities (N, C) that the recurrent branch alone gives."""
    settings = classifier.train_config
    return softmax(
        compute_logits(
            build_engine(classifier.network()), rows, max_tokens=settings.max_tokens, truncation=settings.truncation
        )
    )


def random_rows(rows: int, *, longest: int = 12, vocabulary_size: int = 30, seed: int = 0) -> Ragged:
    """Rows of random ids from 1 up, of 0 to `longest` tokens."""
    chance = np.random.default_rng(seed)
    lengths = chance.integers(0, longest + 1, rows)
    return ragged(chance.integers(1, vocabulary_size, length) for length in lengths)


def random_ids(train: int, validation: int, *, classes: int = 2) -> Ids:
    """Ids without any meaning: enough to see what a step does."""
    splits = {"train": random_rows(train, seed=1), "validation": random_rows(validation, seed=2)}
    labels = {name: np.arange(len(rows), dtype=np.int64) % classes for name, rows in splits.items()}
    return Ids(splits, labels, Target("single", tuple(f"class {i}" for i in range(classes))), 30)  # type: ignore[arg-type]


def model_config(**changed: Any) -> ModelConfig:
    return replace(MODEL, **changed)


def train_config(**changed: Any) -> TrainConfig:
    return replace(TRAIN, **changed)
