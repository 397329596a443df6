"""The shape of a network that reads sequences of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.bounds import Ge, Le
from textrnn.config.field_types import Share, Size
from textrnn.config.model import Pooling, Recurrence


@dataclass(frozen=True)
class SequenceConfig:
    """Numbers -> recurrent encoder -> pooling over the steps -> linear head; `ModelConfig` without the tokens."""

    encoder: Recurrence = "rnn"
    hidden_size: Size = 50
    num_layers: Annotated[int, Ge(1), Le(16)] = 1
    bidirectional: bool = False
    pooling: Pooling = "last"
    layer_dropout: Share = 0.0
    dropout: Share = 0.0


@dataclass(frozen=True)
class SequenceFit:
    """What `SequenceRegressor` does with its rows before training."""

    scale: bool = True
    validation_fraction: Share = 0.1
