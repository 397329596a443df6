"""language: embedding and encoder get a start, from all texts and no label, or from another model."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.language import LanguageConfig
from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.nn.pretrained import Pretrained
from textrnn.text.ids import Ids
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vectors import Vectors
from textrnn.text.vocabulary import Vocabulary
from textrnn.training.language import learn_language
from textrnn.training.warm_start import read_start


def run_language(
    ids: Ids,
    vocabulary: Vocabulary,
    vectors: Vectors,
    unlabelled: Unlabelled,
    model_config: ModelConfig,
    train_config: TrainConfig,
    language_config: LanguageConfig,
    job: Job,
) -> Pretrained:
    """Learn from the checkpoint in the job's folder, or from the start."""
    start = read_start(language_config.start, ids, vocabulary, vectors, model_config, on_progress=job.say)
    pretrained = learn_language(
        ids,
        vectors,
        unlabelled.rows,
        model_config,
        train_config,
        language_config,
        start,
        checkpoints=job.work,
        on_progress=job.show,
    )
    if language_config.passes == "auto" and not pretrained.history:
        job.say("left out: too few texts to learn from, or an encoder without a direction")
    return pretrained
