"""self_train: classifiers trained on the labels say what the unlabelled texts are."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.arguments.self_training import NoSelfTraining, SelfTrainingArguments
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.ids import Ids
from textrnn.text.pseudo_labels import PseudoLabels
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.word_vectors import WordVectors
from textrnn.training.self_train import self_train


def run_self_train(
    ids: Ids,
    word_vectors: WordVectors,
    pretrained_weights: PretrainedWeights,
    ngram_branch: NgramBranch,
    unlabelled: Unlabelled,
    arguments: SelfTrainingArguments | NoSelfTraining,
    job: Job,
) -> PseudoLabels:
    """Train the teachers, each from its checkpoint in the job's folder or from the start, and ask them."""
    return self_train(
        ids,
        word_vectors,
        pretrained_weights,
        ngram_branch,
        unlabelled,
        arguments,
        checkpoints=job.work,
        on_progress=job.show,
        on_line=job.log,
    )
