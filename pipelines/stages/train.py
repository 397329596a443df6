"""train: token ids become a classifier."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.nn.artifact import Classifier
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.ids import Ids
from textrnn.text.lessons import PseudoLabels, add_pseudo_labels
from textrnn.text.vectors import WordVectors
from textrnn.training.train import train


def run_train(
    ids: Ids,
    vectors: WordVectors,
    pretrained: PretrainedWeights,
    lessons: PseudoLabels,
    model_config: ModelConfig,
    train_config: TrainConfig,
    job: Job,
) -> Classifier:
    """Train from the checkpoint in the job's folder, or from the start."""
    classifier = train(
        add_pseudo_labels(ids, lessons),
        model_config,
        train_config,
        vectors,
        pretrained=pretrained,
        checkpoints=job.work,
        on_progress=job.show,
    )
    done, planned = len(classifier.history), classifier.train_config.epochs
    early = f"; stopped early, {done - classifier.best_epoch} without a better score" if done != planned else ""
    job.log(f"kept the weights of epoch {classifier.best_epoch} of {done}{early}")
    return classifier
