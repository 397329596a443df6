"""What encoder pretraining reads of the config sections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.arguments.warm_start import WarmStartArguments, warm_start_arguments
from textrnn.config.encoder_pretraining import EncoderPretrainingConfig
from textrnn.config.field_types import NOT_IN_KEY, select_fields
from textrnn.config.model import LayerShape, ModelConfig
from textrnn.config.train import DeviceKind, Precision, TrainConfig, Truncation


@dataclass(frozen=True)
class PretrainingObjective:
    """Of [encoder_pretraining]: what is learned, and for how long."""

    epochs: int | Literal["auto"]
    window: int
    stride: int
    subsampling_threshold: float
    batch_size: int
    learning_rate: float


@dataclass(frozen=True)
class PretrainingLoop:
    """Of [train]: the seed, how texts are cut, and what computes."""

    seed: int
    max_tokens: int
    truncation: Truncation
    precision: Precision
    device: DeviceKind
    checkpoint_seconds: Annotated[float, NOT_IN_KEY]


@dataclass(frozen=True)
class EncoderPretrainingArguments:
    """What `pretrain_encoder` reads."""

    encoder_pretraining_config: PretrainingObjective
    model_config: LayerShape
    train_config: PretrainingLoop


@dataclass(frozen=True)
class NoEpochs:
    """Of [encoder_pretraining]: that nothing is learned."""

    epochs: Literal[0] = 0


@dataclass(frozen=True)
class NoPretraining:
    """What is read where encoder pretraining is off."""

    encoder_pretraining_config: NoEpochs = NoEpochs()


@dataclass(frozen=True)
class EncoderArguments:
    """Where the encoder starts: from another model, from pretraining, from both, from neither."""

    warm_start: WarmStartArguments
    pretraining: EncoderPretrainingArguments | NoPretraining


def encoder_arguments(
    model: ModelConfig, train: TrainConfig, encoder_pretraining: EncoderPretrainingConfig
) -> EncoderArguments:
    """The arguments of the encoder's start, of the sections."""
    return EncoderArguments(
        warm_start_arguments(model, train), pretraining_arguments(model, train, encoder_pretraining)
    )


def pretraining_arguments(
    model: ModelConfig, train: TrainConfig, encoder_pretraining: EncoderPretrainingConfig
) -> EncoderPretrainingArguments | NoPretraining:
    """The arguments of encoder pretraining, of the sections."""
    if encoder_pretraining.epochs == 0:
        return NoPretraining()
    return EncoderPretrainingArguments(
        select_fields(PretrainingObjective, encoder_pretraining),
        select_fields(LayerShape, model),
        select_fields(PretrainingLoop, train),
    )
