"""From token ids to a trained classifier: resumable, stoppable, and the same bytes every time."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from textrnn.config.data import TargetKind
from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.row_weights import require_classes
from textrnn.data.side import NO_SIDE, SideColumns
from textrnn.data.target import NEVER, unseen_classes
from textrnn.errors import ConfigError
from textrnn.machine.hardware import launched, resolve_device, resolve_precision, resolve_processes
from textrnn.nn.artifact import Classifier
from textrnn.nn.batch import cut_lengths
from textrnn.nn.batching import padding_waste
from textrnn.nn.classifier import RecurrentClassifier, build_model, start_embedding
from textrnn.nn.predict import compute_logits
from textrnn.nn.pretrained import Pretrained, start_from
from textrnn.nn.workers import Workers, start_workers
from textrnn.text.ids import Ids
from textrnn.text.vectors import Vectors
from textrnn.training.adversarial import nudge_of
from textrnn.training.automatic import (
    choose_adversarial,
    choose_epochs,
    choose_least,
    choose_patience,
    choose_word_dropout,
)
from textrnn.training.fingerprint import fingerprint
from textrnn.training.fused_adamw import library_for_adamw
from textrnn.training.graphs import Graphs
from textrnn.training.jobs import send_job, share_state
from textrnn.training.launch import joined
from textrnn.training.loop import Engine, Schedule, State, run_steps
from textrnn.training.optimizer import build_optimizer
from textrnn.training.precision import run_flushed, whole_float32
from textrnn.training.resumable import Progress as Progress
from textrnn.training.resumable import Started as Started
from textrnn.training.resumable import TrainingStopped as TrainingStopped
from textrnn.training.resumable import drive, raise_if_stopped, resume
from textrnn.training.rows import TrainingRows
from textrnn.training.scores import validation_scores
from textrnn.training.world import World


def train(
    ids: Ids,
    model_config: ModelConfig,
    train_config: TrainConfig,
    vectors: Vectors | None = None,
    *,
    pretrained: Pretrained | None = None,
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
    extent = _extent(ids, train_config.max_tokens)
    schedule = make_schedule(train_config, *extent, kind=ids.target.kind)
    model_config = resolve_model(model_config, *extent[:2])
    require_device(schedule.device, schedule.processes)

    def work(stop: Event) -> State:
        exact = whole_float32(schedule.device)
        with exact, joined(schedule.processes, schedule.device) as world, workers_of(schedule) as workers:
            if world.size > 1:
                send_job(world, ids, model_config, schedule)

            def stopping() -> bool:
                return stop.is_set() or stop_requested()

            return take_steps(
                ids,
                model_config,
                schedule,
                world,
                workers,
                stopping,
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
        ids.side_columns,
        None if pretrained is None else pretrained.origin,
    )


def _silence(weights: dict[str, Tensor], unseen: NDArray[np.bool_]) -> dict[str, Tensor]:
    """`weights` by which no text is said to be of an `unseen` class (C,): nothing was learned of it."""
    if not unseen.any():
        return weights
    head, bias, rows = weights["head.weight"].clone(), weights["head.bias"].clone(), torch.from_numpy(unseen)
    head[rows], bias[rows] = 0.0, NEVER
    return {**weights, "head.weight": head, "head.bias": bias}


def make_schedule(
    config: TrainConfig, texts: int, tokens: int = 0, classes: int = 2, *, kind: TargetKind = "single"
) -> Schedule:
    """`config` with every `auto` resolved, for a training split of `texts` texts, `tokens` tokens as they are cut, and
    `classes` classes, of a target of this `kind`. Raises ConfigError.
    """
    device = resolve_device(config.device)
    precision = resolve_precision(config.precision, device)
    asked = nudge_of(config)
    auto = choose_epochs(texts, tokens, classes, adversarial=asked > 0)
    epochs = auto if config.epochs == "auto" else config.epochs
    alone = config.virtual_adversarial == 0 and config.entropy == 0  # beside those it was not measured
    chosen = choose_adversarial(texts, tokens, epochs, kind) if alone else 0.0
    patience = choose_patience(texts, classes) if config.patience == "auto" else config.patience
    processes = resolve_processes(config.processes, device)
    resolved = replace(
        config,
        epochs=epochs,
        adversarial=chosen if config.adversarial == "auto" else asked,
        patience=patience,
        device=device,
        precision=precision,
        processes=processes,
    )
    least = choose_least(min(auto, epochs)) if config.patience == "auto" else 0
    return Schedule(resolved, epochs, patience, precision, device, processes, least)


def resolve_model(config: ModelConfig, texts: int, tokens: int) -> ModelConfig:
    """`config` with every `auto` resolved, for a training split of `texts` texts, `tokens` tokens as they are cut."""
    if config.word_dropout != "auto":
        return config
    return replace(config, word_dropout=choose_word_dropout(texts, tokens))


def _extent(ids: Ids, max_tokens: int) -> tuple[int, int, int]:
    """Texts, tokens as they are cut, and classes of the training split."""
    rows = ids.splits["train"]
    return len(rows), int(cut_lengths(rows, max_tokens).sum()), len(ids.target.classes)


def workers_of(schedule: Schedule) -> AbstractContextManager[Workers | None]:
    """The threads of one process: as many as torch would use on the CPU, none beside a GPU."""
    return start_workers(torch.get_num_threads() if schedule.device == "cpu" else 1)


def take_steps(
    ids: Ids,
    model_config: ModelConfig,
    schedule: Schedule,
    world: World,
    workers: Workers | None,
    stopping: Callable[[], bool] = lambda: False,
    *,
    vectors: Vectors | None = None,
    pretrained: Pretrained | None = None,
    checkpoints: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> State:
    """The part of `train` that every rank of `world` runs, from the first step or the checkpoint to the end.

    Rank 0 alone has `vectors`, `pretrained` and `checkpoints`, shows progress, and may be `stopping`: the
    others then lose its connection.
    """
    config = schedule.config
    feed = TrainingRows(
        ids.splits["train"],
        ids.labels["train"],
        config,
        world,
        ids.target,
        ids.side.get("train"),
        ids.weights.get("train"),
    )
    sizes = ids.vocabulary_size, ids.target.outputs
    state = new_state(model_config, schedule, *sizes, vectors, ids.side_columns, pretrained)
    here = fingerprint(ids, model_config, config, vectors, pretrained) if checkpoints else {}
    found = resume(state, checkpoints, here)
    share_state(world, state)
    steps = -(-len(feed.rows) // config.batch_size)
    threads = torch.get_num_threads()
    padding = padding_waste(cut_lengths(feed.rows, config.max_tokens), feed.plan(0), feed.stride)
    where = (schedule.device, schedule.precision, threads, world.size)
    extent = _extent(ids, config.max_tokens)
    dropped = float(model_config.word_dropout) if model_config.word_dropout != "auto" else 0.0
    moved = nudge_of(config)
    begun = Started(state.step, steps, schedule.epochs, *where, padding, found.note, *extent, dropped, moved)
    on_progress(replace(begun, lost=found.lost))

    def check_stop(_: int = 0) -> None:
        raise_if_stopped(stopping, state)

    def score(network: RecurrentClassifier) -> dict[str, float]:
        logits = _read_all(network, ids, config, check_stop, workers, world)
        return validation_scores(ids.target, logits, ids.labels["validation"], ids.weights.get("validation"))

    engine = Engine(world.share(state.network), workers, world, graphs=graphs_of(schedule, world))
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


def graphs_of(schedule: Schedule, world: World) -> Graphs | None:
    """Graphs, where steps can be put into them: on one card, with masks alone for random numbers."""
    alone = schedule.device == "cuda" and world.size == 1
    return Graphs() if alone and not schedule.config.virtual_adversarial else None


def new_state(
    model_config: ModelConfig,
    schedule: Schedule,
    vocabulary_size: int,
    outputs: int,
    vectors: Vectors | None = None,
    side: SideColumns = NO_SIDE,
    pretrained: Pretrained | None = None,
) -> State:
    """The state before the first step; weights start from `vectors` and `pretrained`, where they are given."""
    config = schedule.config
    network = build_model(model_config, vocabulary_size, outputs, seed=config.seed, side=side).to(schedule.device)
    if vectors is not None:
        start_embedding(network.embedding, vectors.matrix)
    if pretrained is not None:
        start_from(network, pretrained)
    network.sparse = schedule.processes == 1 and library_for_adamw(network) is not None
    average = copy.deepcopy(network)
    optimizer = build_optimizer(network, learning_rate=config.learning_rate, weight_decay=config.weight_decay)
    return State(network, average, optimizer)


def _read_all(
    network: RecurrentClassifier,
    ids: Ids,
    config: TrainConfig,
    on_batch: Callable[[int], None],
    workers: Workers | None,
    world: World,
) -> NDArray[np.float64]:
    """Logits (N, C) of the validation split, of which every rank reads its own batches; put together by row number."""
    return world.put_together(
        compute_logits(
            network,
            ids.splits["validation"],
            max_tokens=config.max_tokens,
            keep=config.keep,
            on_batch=on_batch,
            workers=workers,
            deal=slice(world.rank, None, world.size),
            side=ids.side.get("validation"),
        )
    )


def require_device(device: str, processes: int = 1) -> None:
    """Raises ConfigError where torch finds no such device, or fewer cards than there are processes on this machine."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[device]:
        raise ConfigError(f"train.device: torch finds no {device} device here; use --set train.device=cpu")
    told = os.environ.get("LOCAL_WORLD_SIZE", "")  # torchrun says; other launchers may not
    here = int(told) if told.isdigit() else processes if launched() is None else 1
    if device == "cuda" and here > (cards := torch.cuda.device_count()):
        raise ConfigError(
            f"train.processes: expected {cards} on this machine at most, one for each GPU, found {here}; "
            "or use --set train.device=cpu"
        )
