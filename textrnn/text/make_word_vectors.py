"""Word vectors that initialise the embedding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.errors import DataError
from textrnn.text.cooccurrence import factorize_cooccurrences
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged, join_rows
from textrnn.text.special_tokens import FIRST_TOKEN_ID
from textrnn.text.vector_files import read_vectors
from textrnn.text.vector_source import resolve_vectors
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.word_vectors import WordVectors

LOW_COVERAGE = 0.2  # share of the training tokens; below, vectors are used with a warning
AUTO_COVERAGE = 0.5  # share of the training tokens; below, `auto` does not use the vectors: another language


def make_word_vectors(
    ids: Ids,
    vocabulary: Vocabulary,
    config: EmbeddingsConfig,
    more: Ragged | None = None,
    borrowed: tuple[str, NDArray[np.float32]] | None = None,
    *,
    on_progress: Callable[[str], None] = lambda _: None,
) -> WordVectors:
    """Make word vectors of the tokens of `vocabulary`: those `borrowed` from an encoder, if any, with its name,
    concatenated with published vectors and with vectors learned from the training texts and `more` texts, if any
    (`textrnn.text.cooccurrence`; Yin & Schuetze 2016).

    Each part has mean 0 and standard deviation `config.scale` over the tokens that it covers; PAD, UNK and tokens that
    it does not cover have zeros. `on_progress` is called with lines of text. Raises DataError for a source of vectors
    that cannot be used, or covers none of the tokens.
    """
    parts: list[tuple[str, NDArray[np.float32]]] = [] if borrowed is None else [borrowed]
    # an encoder knows more than the vectors that nobody asked for by name
    source = None if borrowed is not None and config.vectors == "auto" else resolve_vectors(config.vectors)
    if source is not None:
        wanted = {token: number for number, token in enumerate(vocabulary.tokens) if number >= FIRST_TOKEN_ID}
        given = read_vectors(source, wanted, len(vocabulary), on_progress)
        known = _covered_share(given, vocabulary)
        used = config.vectors != "auto" or known >= AUTO_COVERAGE
        on_progress(f"{source.name}: covers {known:.1%} of the training tokens{'' if used else '; not used'}")
        if used and not known:
            raise DataError(
                f"{source.name}: expected vectors for words of the training texts, found none in common; are they of "
                'the same language, and written alike (tokenize.lowercase)? else set embeddings.vectors = "none"'
            )
        if used and known < LOW_COVERAGE:
            on_progress(f"warning: {source.name} has vectors for less than {LOW_COVERAGE:.0%} of the training tokens")
        parts += [(source.name.rpartition("/")[2], given)] if used else []
    if config.size:
        rows = ids.splits["train"] if more is None else join_rows(ids.splits["train"], more)
        learned = factorize_cooccurrences(rows, ids.vocabulary_size, size=config.size, window=config.window)
        on_progress(f"learned vectors of dimension {config.size} from {len(rows.flat):,} tokens")
        parts.append(("training texts", learned))
    matrix = np.concatenate(
        [np.zeros((len(vocabulary), 0), np.float32), *(_scaled(part, config.scale) for _, part in parts)], axis=1
    )
    return WordVectors(matrix, tuple((name, part.shape[1]) for name, part in parts))


def _covered_share(vectors: NDArray[np.float32], vocabulary: Vocabulary) -> float:
    """Return the share of the training tokens, including unknown ones, that have a vector."""
    counts = np.array(vocabulary.counts, dtype=np.int64)
    return float(counts[vectors.any(axis=1)].sum() / max(counts.sum(), 1))


def _scaled(vectors: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Standardise the rows that are not all zeros: mean 0 per column, overall standard deviation `scale`."""
    known = vectors.any(axis=1)
    scaled = np.zeros_like(vectors)
    if known.any():
        rows = vectors[known].astype(np.float64)
        rows -= rows.mean(axis=0)
        scaled[known] = rows * (scale / max(float(rows.std()), 1e-12))
    return scaled
