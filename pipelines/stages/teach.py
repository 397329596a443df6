"""teach: classifiers trained on the labels say what the unlabelled texts are."""

from __future__ import annotations

from pipelines.stages.stage import Job
from textrnn.config.model import ModelConfig
from textrnn.config.teach import TeachConfig
from textrnn.config.train import TrainConfig
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
    model_config: ModelConfig,
    train_config: TrainConfig,
    teach_config: TeachConfig,
    job: Job,
) -> Lessons:
    """Train the teachers, each from its checkpoint in the job's folder or from the start, and ask them."""
    return teach(
        ids,
        vectors,
        pretrained,
        wide,
        unlabelled,
        model_config,
        train_config,
        teach_config,
        checkpoints=job.work,
        on_progress=job.show,
        on_teacher=job.say,
    )
