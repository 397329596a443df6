"""`[model]`: the shape of the classifier."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Le
from textrnn.config.field_types import Share, Size, select_fields

Recurrence = Literal["lstm", "gru", "rnn", "mingru", "elman"]
Encoder = Literal[Recurrence, "bag", "convolution"]
Pooling = Literal["last", "mean", "max", "max_mean", "attention"]


@dataclass(frozen=True)
class ModelConfig:
    """Embedding -> recurrent encoder -> pooling over the real steps -> linear head."""

    encoder: Annotated[Encoder, "recurrent cell; or bag (of embeddings), convolution (Kim 2014)"] = "lstm"
    embedding_size: Annotated[Size, "dimension of the embedding"] = 128
    hidden_size: Annotated[Size, "hidden units of each direction"] = 128
    num_layers: Annotated[int, Ge(1), Le(16), "stacked recurrent layers"] = 1
    bidirectional: Annotated[bool, "run the encoder in both directions"] = True
    pooling: Annotated[Pooling, "pooling of the states of a text to one vector"] = "max_mean"
    word_dropout: Annotated[
        Share | Literal["auto"],
        "share of tokens replaced by UNK in training; auto: 0.1 for short texts, 0 for long ones",
    ] = "auto"
    embedding_dropout: Annotated[Share, "dropout of embedding features, one mask per text"] = 0.3
    layer_dropout: Annotated[Share, "dropout between recurrent layers, one mask per text"] = 0.3
    dropout: Annotated[Share, "dropout of pooled features before the head"] = 0.5
    tabular_size: Annotated[Size, "hidden units of the tabular features, if there are any"] = 32

    @property
    def shape(self) -> EncoderShape:
        """What the weights of embedding and encoder have the shape of."""
        return select_fields(EncoderShape, self)


@dataclass(frozen=True)
class LayerShape:
    """The fields of [model] that say what weights the embedding and the first recurrent layer have."""

    encoder: Encoder
    embedding_size: int
    hidden_size: int
    bidirectional: bool


@dataclass(frozen=True)
class EncoderShape:
    """The fields of [model] that say what weights the embedding and all of the encoder have."""

    encoder: Encoder
    embedding_size: int
    hidden_size: int
    num_layers: int
    bidirectional: bool


@dataclass(frozen=True)
class PooledShape(EncoderShape):
    """Those, and how the encoder's steps are pooled."""

    pooling: Pooling


def shape_fields(encoder: str) -> tuple[str, ...]:
    """The fields of `EncoderShape` that weights of this `encoder` have the shape of: a bag has none of its own.

    >>> shape_fields("convolution")
    ('encoder', 'embedding_size', 'hidden_size')
    """
    names = tuple(field.name for field in fields(EncoderShape))
    return names[: {"bag": 2, "convolution": 3}.get(encoder, len(names))]
