"""language: the encoder is pretrained on texts without labels, or taken from another model."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.arguments.encoder_pretraining import EncoderArguments
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
    arguments: EncoderArguments,
    job: Job,
) -> Pretrained:
    """Learn from the checkpoint in the job's folder, or from the start."""
    start = read_start(ids, vocabulary, vectors, arguments.warm_start, on_progress=job.say)
    pretrained = learn_language(
        ids,
        vectors,
        unlabelled.rows,
        arguments.pretraining,
        start,
        checkpoints=job.work,
        on_progress=job.show,
    )
    if arguments.pretraining.language.passes == "auto" and not pretrained.history:
        job.say("left out: too few texts to learn from, or an encoder without a direction")
    return pretrained
