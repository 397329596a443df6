"""embeddings: texts without labels, or word vectors, become the first rows of the embedding."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.encoder.borrow_word_vectors import borrow_word_vectors
from textrnn.text.ids import Ids
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.word_vectors import WordVectors


def run_embeddings(
    ids: Ids, vocabulary: Vocabulary, unlabelled: Unlabelled, embeddings_config: EmbeddingsConfig, context: StageContext
) -> WordVectors:
    """Read word vectors, borrow those of an encoder, and learn more from the texts."""
    borrowed = borrow_word_vectors(vocabulary, embeddings_config, on_progress=context.log)
    return make_word_vectors(ids, vocabulary, embeddings_config, unlabelled.rows, borrowed, on_progress=context.log)
