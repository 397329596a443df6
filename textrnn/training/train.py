"""From token ids to a trained classifier: resumable, stoppable, the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.row_weights import require_classes
from textrnn.data.target import UNSEEN_LOGIT, unseen_classes
from textrnn.inference.classifier import Classifier
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.ids import Ids
from textrnn.text.word_vectors import WordVectors
from textrnn.training.device import require_device, workers_of
from textrnn.training.events import Progress
from textrnn.training.launch import process_group
from textrnn.training.precision import full_float32, run_flushed
from textrnn.training.rank_job import send_job
from textrnn.training.schedule import make_schedule, resolve_model
from textrnn.training.train_rank import train_rank, training_sizes
from textrnn.training.training_state import TrainingState


def train(
    ids: Ids,
    model_config: ModelConfig,
    train_config: TrainConfig,
    vectors: WordVectors | None = None,
    *,
    pretrained: PretrainedWeights | None = None,
    checkpoints: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> Classifier:
    """Train a classifier on the training split of `ids`, scored on its validation split.

    The embedding starts from `vectors`, where they are given, one row a token id; what `pretrained` weights are called
    starts from those.

    With a folder `checkpoints` the run resumes from the one found there and leaves one when it is
    stopped or fails. `stop_requested` is asked after every batch; where it says yes, TrainingStopped is
    raised. The same ids, vectors, settings, versions, threads and kind of processor give the same bytes,
    interrupted or not. Raises ConfigError, TrainingError, OSError.
    """
    require_classes(ids.target, train_config.class_weight)
    extent = training_sizes(ids, train_config.max_tokens)
    schedule = make_schedule(train_config, *extent, kind=ids.target.kind)
    model_config = resolve_model(model_config, *extent[:2])
    require_device(schedule.device, schedule.processes)

    def work(stop: Event) -> TrainingState:
        exact = full_float32(schedule.device)
        with exact, process_group(schedule.processes, schedule.device) as world, workers_of(schedule) as workers:
            if world.size > 1:
                send_job(world, ids, model_config, schedule)
            return train_rank(
                ids,
                model_config,
                schedule,
                world,
                workers,
                lambda: stop.is_set() or stop_requested(),
                vectors=vectors,
                pretrained=pretrained,
                checkpoints=checkpoints,
                on_progress=on_progress,
            )

    state = run_flushed(work)
    # how often checkpoints are kept is unkeyed: it must not reach the bytes
    kept = replace(schedule.config, checkpoint_seconds=TrainConfig.checkpoint_seconds)
    weights = _silence(state.best, unseen_classes(ids.target, ids.labels["train"], ids.labels["validation"]))
    return Classifier(
        weights,
        model_config,
        kept,
        ids.target,
        ids.vocabulary_size,
        state.history,
        state.best_epoch,
        ids.tabular_columns,
        None if pretrained is None else pretrained.origin,
    )


def _silence(tensors: Mapping[str, Tensor], unseen: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
    """`tensors` as arrays, which never predict an `unseen` class (C,): nothing was learned of it."""
    weights = {name: tensor.numpy() for name, tensor in tensors.items()}
    if not unseen.any():
        return weights
    head, bias = weights["head.weight"].copy(), weights["head.bias"].copy()
    head[unseen], bias[unseen] = 0.0, UNSEEN_LOGIT
    return {**weights, "head.weight": head, "head.bias": bias}
