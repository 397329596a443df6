"""`[vocabulary]`: which tokens have an id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le

from textrnn.config.fields import Positive

VocabularyKind = Literal["word", "bpe", "unigram"]


@dataclass(frozen=True)
class VocabularyConfig:
    """Counted on the training split alone."""

    kind: Annotated[VocabularyKind, "whole words, or subwords by BPE or a unigram model"] = "word"
    max_size: Annotated[int, Ge(3), Le(10_000_000), "tokens at most, PAD and UNK among them"] = 30_000
    min_count: Annotated[Positive, "a rarer word is UNK"] = 2
