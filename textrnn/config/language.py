"""`[language]`: how embedding, then encoder are pretrained without labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le

from textrnn.config.fields import Count, KeyedWords, Name, Positive, Rate


@dataclass(frozen=True)
class EncoderPretrainingConfig:
    """A language model in each direction, or a model of which words are near; its shape is that of [model]."""

    passes: Annotated[
        Count | Literal["auto"],
        "passes over the training and unlabelled texts; 0: no pretraining of the encoder; auto: 4 where "
        "there are a million tokens, else 0",
    ] = 0
    window: Annotated[
        int, Ge(1), Le(1000), "tokens ahead that a state is to name, in no order; 1 is a language model"
    ] = 20
    stride: Annotated[int, Ge(1), Le(1000), "tokens from one state that is asked to the next; 1 asks all"] = 8
    common: Annotated[
        float, Ge(0), Le(1), "words commoner than this share of all count the less, by the square root; 0: all alike"
    ] = 1e-4
    texts: Annotated[Positive, "texts a step"] = 32
    rate: Annotated[Rate, "the highest learning rate, after warm-up"] = 3e-3
    start: Annotated[
        Name,
        KeyedWords(("none",)),
        "a model folder whose embedding and encoder this one starts from (fine-tuning), or none",
    ] = "none"
