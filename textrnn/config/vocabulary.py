"""`[vocabulary]`: the tokens that have an id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Le
from textrnn.config.field_types import Positive

VocabularyKind = Literal["word", "bpe", "unigram"]


@dataclass(frozen=True)
class VocabularyConfig:
    """Counted on the training split alone."""

    kind: Annotated[VocabularyKind, "word: whole words; bpe or unigram: subwords"] = "word"
    max_size: Annotated[int, Ge(3), Le(10_000_000), "maximum size, including PAD and UNK"] = 30_000
    min_count: Annotated[
        Positive | Literal["auto"],
        "minimum frequency of a word; rarer words are UNK; auto: 2, and with fewer than 5,000 training texts "
        "also words without digits that occur once",
    ] = "auto"
