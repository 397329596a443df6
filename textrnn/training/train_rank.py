"""The training of a classifier as every rank runs it, from the first step or a checkpoint to the last."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.tabular import NO_TABULAR, TabularColumns
from textrnn.machine.workers import Workers
from textrnn.nn.batch import cut_lengths
from textrnn.nn.batching import padding_waste
from textrnn.nn.classifier import RecurrentClassifier, build_model, init_embedding
from textrnn.nn.predict import compute_logits
from textrnn.nn.pretrained import PretrainedWeights, load_pretrained
from textrnn.text.ids import Ids
from textrnn.text.word_vectors import WordVectors
from textrnn.training.adversarial import perturbation_size
from textrnn.training.cuda_graphs import Graphs
from textrnn.training.events import Progress, TrainingStarted
from textrnn.training.fingerprint import fingerprint
from textrnn.training.fused_adamw import library_for_adamw
from textrnn.training.loop import run_steps
from textrnn.training.optimizer import build_optimizer
from textrnn.training.rank_job import share_state
from textrnn.training.resume import check_stop, drive, resume
from textrnn.training.schedule import Schedule
from textrnn.training.step import Engine
from textrnn.training.training_rows import TrainingRows
from textrnn.training.training_state import TrainingState
from textrnn.training.validation_scores import validation_scores
from textrnn.training.world import World


def train_rank(
    ids: Ids,
    model_config: ModelConfig,
    schedule: Schedule,
    world: World,
    workers: Workers | None,
    stopping: Callable[[], bool] = lambda: False,
    *,
    vectors: WordVectors | None = None,
    pretrained: PretrainedWeights | None = None,
    checkpoints: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> TrainingState:
    """The part of `train` that every rank of `world` runs, from the first step or the checkpoint to the end.

    Rank 0 alone has `vectors`, `pretrained` and `checkpoints`, shows progress, and may be `stopping`: the
    others then lose its connection.
    """
    config = schedule.config
    feed = _feed_of(ids, config, world)
    sizes = ids.vocabulary_size, ids.target.outputs
    state = new_state(model_config, schedule, *sizes, vectors, ids.tabular_columns, pretrained)
    here = fingerprint(ids, model_config, config, vectors, pretrained) if checkpoints else {}
    found = resume(state, checkpoints, here)
    share_state(world, state)
    started = _started_of(state.step, feed, schedule, world, training_sizes(ids, config.max_tokens), model_config)
    on_progress(replace(started, note=found.note, lost=found.lost))

    def score(network: RecurrentClassifier) -> dict[str, float]:
        logits = _read_all(network, ids, config, lambda _: check_stop(stopping, state), workers, world)
        return validation_scores(ids.target, logits, ids.labels["validation"], ids.weights.get("validation"))

    engine = Engine(world.data_parallel(state.network), workers, world, graphs=graphs_of(schedule, world))
    drive(
        state,
        run_steps(state, feed, schedule, score, engine),
        here,
        checkpoints=checkpoints,
        found=found,
        every=config.checkpoint_seconds,
        stopping=stopping,
        on_progress=on_progress,
    )
    return state


def _feed_of(ids: Ids, config: TrainConfig, world: World) -> TrainingRows:
    """The training split of `ids` as this rank of `world` reads it."""
    return TrainingRows(
        ids.splits["train"],
        ids.labels["train"],
        config,
        world,
        ids.target,
        ids.tabular.get("train"),
        ids.weights.get("train"),
    )


def _started_of(
    steps_done: int,
    feed: TrainingRows,
    schedule: Schedule,
    world: World,
    extent: tuple[int, int, int],
    model_config: ModelConfig,
) -> TrainingStarted:
    """The event by which a run begins; `extent` are texts, tokens and classes of the training split."""
    config = schedule.config
    texts, tokens, classes = extent
    return TrainingStarted(
        steps_done=steps_done,
        steps=-(-len(feed.rows) // config.batch_size),
        epochs=schedule.epochs,
        device=schedule.device,
        precision=schedule.precision,
        threads=torch.get_num_threads(),
        processes=world.size,
        padding=padding_waste(cut_lengths(feed.rows, config.max_tokens), feed.plan(0), feed.stride),
        texts=texts,
        tokens=tokens,
        classes=classes,
        word_dropout=float(model_config.word_dropout) if model_config.word_dropout != "auto" else 0.0,
        adversarial=perturbation_size(config),
        patience=schedule.patience,
        min_epochs=schedule.min_epochs,
    )


def new_state(
    model_config: ModelConfig,
    schedule: Schedule,
    vocabulary_size: int,
    outputs: int,
    vectors: WordVectors | None = None,
    tabular: TabularColumns = NO_TABULAR,
    pretrained: PretrainedWeights | None = None,
) -> TrainingState:
    """The state before the first step; weights start from `vectors` and `pretrained`, where they are given."""
    config = schedule.config
    network = build_model(model_config, vocabulary_size, outputs, seed=config.seed, tabular=tabular).to(schedule.device)
    if vectors is not None:
        init_embedding(network.embedding, vectors.matrix)
    if pretrained is not None:
        load_pretrained(network, pretrained)
    network.sparse = schedule.processes == 1 and library_for_adamw(network) is not None
    average = copy.deepcopy(network)
    optimizer = build_optimizer(network, learning_rate=config.learning_rate, weight_decay=config.weight_decay)
    return TrainingState(network, average, optimizer)


def graphs_of(schedule: Schedule, world: World) -> Graphs | None:
    """Graphs, where steps can be put into them: on one card."""
    return Graphs() if schedule.device == "cuda" and world.size == 1 else None


def _read_all(
    network: RecurrentClassifier,
    ids: Ids,
    config: TrainConfig,
    on_batch: Callable[[int], None],
    workers: Workers | None,
    world: World,
) -> NDArray[np.float64]:
    """Logits (N, C) of the validation split, of which every rank reads its own batches; gathered by row number."""
    return world.all_gather(
        compute_logits(
            network,
            ids.splits["validation"],
            max_tokens=config.max_tokens,
            truncation=config.truncation,
            on_batch=on_batch,
            workers=workers,
            deal=slice(world.rank, None, world.size),
            tabular=ids.tabular.get("validation"),
        )
    )


def training_sizes(ids: Ids, max_tokens: int) -> tuple[int, int, int]:
    """Texts, tokens as they are cut, and classes of the training split."""
    rows = ids.splits["train"]
    return len(rows), int(cut_lengths(rows, max_tokens).sum()), len(ids.target.classes)
