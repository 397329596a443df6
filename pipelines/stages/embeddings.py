"""embeddings: texts without labels, or word vectors, become the first rows of the embedding."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.text.ids import Ids
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.word_vectors import WordVectors


def run_embeddings(
    ids: Ids, vocabulary: Vocabulary, unlabelled: Unlabelled, embeddings_config: EmbeddingsConfig, job: Job
) -> WordVectors:
    """Read word vectors, and learn more from the texts."""
    return make_word_vectors(ids, vocabulary, embeddings_config, unlabelled.rows, on_progress=job.log)
