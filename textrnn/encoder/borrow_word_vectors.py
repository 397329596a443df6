"""Word vectors borrowed from a sentence encoder: each token read alone, as if it was a text.

The recipe is that of model2vec (Tulkens & van Dongen 2024): the encoder's output for every token by itself, principal
components of those, and a weight by frequency (SIF: Arora, Liang & Ma 2017, "A simple but tough-to-beat baseline for
sentence embeddings"). Frequencies are those of the training texts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.encoder.sentence_encoder import encode, read_encoder
from textrnn.machine.process_settings import one_blas_thread
from textrnn.text.encoder_source import resolve_encoder
from textrnn.text.special_tokens import FIRST_TOKEN_ID
from textrnn.text.tokenizer_frame import CONTINUATION_PREFIX
from textrnn.text.vocabulary import Vocabulary

FREQUENT = 1e-3  # a token that is so much of the texts has half the weight of a rare one


def borrow_word_vectors(
    vocabulary: Vocabulary, config: EmbeddingsConfig, *, on_progress: Callable[[str], None] = lambda _: None
) -> tuple[str, NDArray[np.float32]] | None:
    """The name of the encoder that `config` names, and its vector of each token of `vocabulary`, (V, D) float32, D
    `config.encoder_size` or what the encoder has; None without an encoder. PAD and UNK have zeros.

    The same bits on any number of threads. `on_progress` gets lines of text. Raises DataError, ModelError.
    """
    source = resolve_encoder(config.encoder)
    if source is None:
        return None
    encoder = read_encoder(source)
    words = [token.removeprefix(CONTINUATION_PREFIX) for token in vocabulary.tokens[FIRST_TOKEN_ID:]]
    size = min(config.encoder_size, encoder.size)
    on_progress(f"{source.name}: reads {len(words):,} tokens, one by one, as vectors of dimension {size}")
    read = project(encode(encoder, words), size)
    matrix = np.zeros((len(vocabulary), size), np.float32)
    matrix[FIRST_TOKEN_ID:] = (
        read * frequency_weights(np.array(vocabulary.counts[FIRST_TOKEN_ID:], dtype=np.int64))[:, None]
    )
    return source.name.rpartition("/")[2], matrix


def project(vectors: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """The first `size` principal components of `vectors` (N, D), less their mean: (N, size).

    Of each component the largest share is positive, so that no library's choice of signs counts.
    """
    if not len(vectors):
        return np.zeros((0, size), np.float32)
    with one_blas_thread():  # sums of several threads differ in their last bits
        centred = vectors.astype(np.float64)
        centred -= centred.mean(axis=0)
        _, directions = np.linalg.eigh(centred.T @ centred)
        chosen = directions[:, ::-1][:, :size]
        chosen = chosen * np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(chosen.shape[1])])
        found: NDArray[np.float32] = (centred @ chosen).astype(np.float32)
    return found


def frequency_weights(counts: NDArray[np.int64]) -> NDArray[np.float32]:
    """The weight of each of N tokens with these `counts`: 1 for one that the texts do not have, less for others."""
    shares = counts / max(int(counts.sum()), 1)
    found: NDArray[np.float32] = (FREQUENT / (FREQUENT + shares)).astype(np.float32)
    return found
