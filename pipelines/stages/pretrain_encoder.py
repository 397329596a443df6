"""pretrain_encoder: the encoder is pretrained on texts without labels, or taken from another model."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.arguments.encoder_pretraining import EncoderArguments
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.ids import Ids
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.word_vectors import WordVectors
from textrnn.training.pretrain_encoder import pretrain_encoder
from textrnn.training.warm_start import load_warm_start


def run_pretrain_encoder(
    ids: Ids,
    vocabulary: Vocabulary,
    word_vectors: WordVectors,
    unlabelled: Unlabelled,
    arguments: EncoderArguments,
    context: StageContext,
) -> PretrainedWeights:
    """Learn from the checkpoint in the context's folder, or from the start."""
    start = load_warm_start(ids, vocabulary, word_vectors, arguments.warm_start, on_progress=context.log)
    pretrained_weights = pretrain_encoder(
        ids,
        word_vectors,
        unlabelled.rows,
        arguments.pretraining,
        start,
        checkpoints=context.work,
        on_progress=context.show,
    )
    if arguments.pretraining.encoder_pretraining_config.epochs == "auto" and not pretrained_weights.history:
        context.log("skipped: the training texts are too few; set encoder_pretraining.epochs to pretrain all the same")
    return pretrained_weights
