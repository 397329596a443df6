"""`[embeddings]`: initial word vectors of the embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.bounds import Ge, Gt, Le
from textrnn.config.field_types import Name, NotInKeyUnless


@dataclass(frozen=True)
class EmbeddingsConfig:
    """Word vectors borrowed from a sentence encoder, published ones, and those learned from the training texts."""

    vectors: Annotated[
        Name,
        NotInKeyUnless(("auto", "none")),  # auto may leave them aside
        "word vectors: a text file (GloVe, fastText, word2vec), package:glove-6b-50d, none, or auto: "
        "that package if it is installed, covers half of the words, and no encoder is named",
    ] = "auto"
    encoder: Annotated[
        Name,
        NotInKeyUnless(("none",)),
        "sentence encoder that reads the words one by one: a folder (safetensors), package:all-minilm-l6-v2, or none",
    ] = "none"
    encoder_size: Annotated[int, Ge(1), Le(4096), "dimension to which PCA reduces the encoder's word vectors"] = 256
    size: Annotated[int, Ge(0), Le(4096), "dimension of the vectors learned from the texts (PPMI and SVD); 0: none"] = (
        128
    )
    window: Annotated[int, Ge(1), Le(64), "context window: tokens on each side of a word"] = 5
    scale: Annotated[float, Gt(0), Le(100), "standard deviation of the initial embedding"] = 0.3
