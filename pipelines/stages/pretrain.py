"""pretrain: texts without labels, or word vectors, become the first rows of the embedding."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.pretrain import PretrainConfig
from textrnn.text.ids import Ids
from textrnn.text.pretrain import pretrain
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vectors import Vectors
from textrnn.text.vocabulary import Vocabulary


def run_pretrain(
    ids: Ids, vocabulary: Vocabulary, unlabelled: Unlabelled, pretrain_config: PretrainConfig, job: Job
) -> Vectors:
    """Read word vectors, and learn some from the texts."""
    return pretrain(ids, vocabulary, pretrain_config, unlabelled.rows, on_progress=job.say)
