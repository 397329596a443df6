"""`[encoder_pretraining]`: pretraining of the encoder without labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Le
from textrnn.config.field_types import Count, Positive, Rate


@dataclass(frozen=True)
class EncoderPretrainingConfig:
    """Each direction predicts the tokens in a context window ahead; the network has the shape of [model]."""

    epochs: Annotated[
        Count | Literal["auto"],
        "epochs over the training and unlabelled texts; 0: no pretraining of the encoder; auto: 4 for at least a "
        "million tokens, else 0",
    ] = 0
    window: Annotated[
        int, Ge(1), Le(1000), "context window: tokens ahead that each state predicts, as a bag; 1: a language model"
    ] = 20
    stride: Annotated[int, Ge(1), Le(1000), "distance in tokens between the states that predict; 1: every state"] = 8
    subsampling_threshold: Annotated[
        float,
        Ge(0),
        Le(1),
        "subsampling threshold: more frequent words get less weight, as in word2vec; 0: equal weights",
    ] = 1e-4
    batch_size: Annotated[Positive, "texts per step"] = 32
    learning_rate: Annotated[Rate, "peak learning rate, after warm-up"] = 3e-3
