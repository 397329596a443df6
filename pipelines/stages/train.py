"""train: token ids become a classifier."""

from __future__ import annotations

from pipelines.stages.stage import StageContext
from textrnn.config.arguments.train import TrainArguments
from textrnn.inference.classifier import Classifier
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.ids import Ids
from textrnn.text.pseudo_labels import PseudoLabels, add_pseudo_labels
from textrnn.text.word_vectors import WordVectors
from textrnn.training.compare_starts import train_from_better_start
from textrnn.training.use_soft_labels import use_soft_labels


def run_train(
    ids: Ids,
    word_vectors: WordVectors,
    pretrained_weights: PretrainedWeights,
    pseudo_labels: PseudoLabels,
    arguments: TrainArguments,
    context: StageContext,
) -> Classifier:
    """Train from the checkpoint in the context's folder, or from the start."""
    settings = arguments.train_config
    with_soft = use_soft_labels(ids, settings.soft_weight, settings.soft_temperature)
    classifier = train_from_better_start(
        add_pseudo_labels(with_soft, pseudo_labels),
        arguments.model_config,
        arguments.train_config,
        word_vectors,
        pretrained=pretrained_weights,
        checkpoints=context.work,
        on_progress=context.show,
        on_line=context.log,
    )
    done, planned = len(classifier.history), classifier.train_config.epochs
    early = f"; stopped early, {done - classifier.best_epoch} without a better score" if done != planned else ""
    context.log(f"kept the weights of epoch {classifier.best_epoch} of {done}{early}")
    return classifier
