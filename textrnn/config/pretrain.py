"""`[pretrain]`: where the rows of the embedding start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le

from textrnn.config.fields import KeyedWords, Name


@dataclass(frozen=True)
class EmbeddingsConfig:
    """Word vectors made elsewhere, beside vectors learned from the texts themselves."""

    vectors: Annotated[
        Name,
        KeyedWords(("auto", "none")),  # auto may leave them aside
        "word vectors: a text file (GloVe, fastText, word2vec), package:glove-6b-50d, none, or auto: "
        "that package where it is installed and knows half of the words",
    ] = "auto"
    size: Annotated[int, Ge(0), Le(4096), "numbers a token learned from the texts (PPMI and SVD); 0 is none"] = 128
    window: Annotated[int, Ge(1), Le(64), "tokens on each side that count as company"] = 5
    scale: Annotated[float, Gt(0), Le(100), "standard deviation of what the embedding starts from"] = 0.3
