"""teach: classifiers trained on the labels say what the unlabelled texts are."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.arguments.self_training import NoSelfTraining, SelfTrainingArguments
from textrnn.linear.ngram_branch import WideBranch
from textrnn.nn.pretrained import Pretrained
from textrnn.text.ids import Ids
from textrnn.text.lessons import Lessons
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vectors import Vectors
from textrnn.training.self_train import teach


def run_teach(
    ids: Ids,
    vectors: Vectors,
    pretrained: Pretrained,
    wide: WideBranch,
    unlabelled: Unlabelled,
    arguments: SelfTrainingArguments | NoSelfTraining,
    job: Job,
) -> Lessons:
    """Train the teachers, each from its checkpoint in the job's folder or from the start, and ask them."""
    return teach(
        ids,
        vectors,
        pretrained,
        wide,
        unlabelled,
        arguments,
        checkpoints=job.work,
        on_progress=job.show,
        on_teacher=job.say,
    )
