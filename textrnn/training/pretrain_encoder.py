"""Pretraining of the encoder: what comes next in texts, learned before a label is seen.

Each direction of a recurrent layer is a language model of its own: one names the tokens that follow, the other those
before. With a window of 1 that is the language model of Dai & Le 2015, "Semi-supervised sequence learning"; with more
a state names the tokens of the next `window`, in no order (Johnson & Zhang 2016, "Supervised and semi-supervised text
categorization using LSTM for region embeddings"): which tokens are near tells more of a text's sense than which is
next, and neighbouring states are asked nearly the same, so that a few of them suffice.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import torch

from textrnn.config.arguments.encoder_pretraining import (
    EncoderPretrainingArguments,
    NoPretraining,
    PretrainingLoop,
    PretrainingObjective,
)
from textrnn.config.model import Encoder, LayerShape
from textrnn.config.train import TrainConfig
from textrnn.machine.workers import Workers
from textrnn.nn.batch import cut_lengths
from textrnn.nn.classifier import init_embedding
from textrnn.nn.encoder_pretraining import LanguageModel, build_language_model
from textrnn.nn.kernel_choice import CELLS
from textrnn.nn.pretrained import PretrainedWeights, load_pretrained
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged, join_rows
from textrnn.text.word_vectors import WordVectors
from textrnn.training.auto_settings import choose_pretraining_epochs
from textrnn.training.context_windows import ContextWindows
from textrnn.training.device import require_device, workers_of
from textrnn.training.events import Progress, TrainingStarted
from textrnn.training.fingerprint import pretraining_fingerprint
from textrnn.training.loop import run_steps
from textrnn.training.optimizer import build_optimizer
from textrnn.training.precision import full_float32, run_flushed
from textrnn.training.pretraining_loss import add_pretraining_loss, held_out_scores
from textrnn.training.resume import check_stop, drive, resume
from textrnn.training.schedule import Schedule, make_schedule
from textrnn.training.step import Engine
from textrnn.training.training_state import TrainingState

CLIP_NORM = 1.0


def pretrain_encoder(
    ids: Ids,
    vectors: WordVectors,
    more: Ragged,
    arguments: EncoderPretrainingArguments | NoPretraining,
    start: PretrainedWeights | None = None,
    *,
    checkpoints: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> PretrainedWeights:
    """Weights for the embedding, which starts from `vectors`, and the first recurrent layer of a classifier, learned
    from the training texts of `ids` and `more`, after those of `start`; `start` itself without epochs, which `auto`
    chooses by how many tokens there are.

    Layers above read both directions at once, and would see what they are asked: they stay out. The epoch is chosen by
    the loss on the validation texts. Checkpoints, stopping and the same bytes again are as `train` has them.
    Raises ConfigError, TrainingError, OSError.
    """
    start = start or PretrainedWeights()
    if isinstance(arguments, NoPretraining):
        return start
    shape, rows = arguments.model_config, join_rows(ids.splits["train"], more)
    config = resolve_epochs(
        arguments.encoder_pretraining_config, rows, shape.encoder, arguments.train_config.max_tokens
    )
    if config.epochs == 0:
        return start
    schedule = make_schedule(pretraining_train_config(arguments.train_config, config), 1)
    require_device(schedule.device)
    counts = np.bincount(rows.flat, minlength=ids.vocabulary_size)
    feed = ContextWindows(rows, counts / max(len(rows.flat), 1), config, schedule.config, 1 + shape.bidirectional)
    held = replace(feed, rows=ids.splits["validation"])

    def work(stop: Event) -> TrainingState:
        with full_float32(schedule.device), workers_of(schedule) as workers:
            state = new_pretraining_state(shape, schedule, ids.vocabulary_size, vectors, start)
            here = {}
            if checkpoints:
                used = _settings_used(shape, config, schedule.config, start)
                here = pretraining_fingerprint(used, shape, schedule.config, (rows, held.rows), vectors)
            _take_steps(
                state,
                (feed, held),
                schedule,
                workers,
                here,
                checkpoints=checkpoints,
                on_progress=on_progress,
                stopping=lambda: stop.is_set() or stop_requested(),
            )
        return state

    state = run_flushed(work)
    kept = {name: weight for name, weight in state.best.items() if name.startswith(("embedding.", "encoder."))}
    return PretrainedWeights({**start.weights, **kept}, state.history, start.origin)


def _take_steps(
    state: TrainingState,
    feeds: tuple[ContextWindows, ContextWindows],
    schedule: Schedule,
    workers: Workers | None,
    here: Mapping[str, Any],
    *,
    checkpoints: Path | None,
    on_progress: Callable[[Progress], None],
    stopping: Callable[[], bool],
) -> None:
    """Change `state` by all steps from the first or a checkpoint; `feeds` are the texts learned from, and those that
    an epoch is scored on.
    """
    feed, held = feeds
    found = resume(state, checkpoints, here)
    on_progress(replace(_started_of(state, feed, schedule), note=found.note, lost=found.lost))

    def score(network: LanguageModel) -> dict[str, float]:
        return held_out_scores(network, held, schedule, lambda: check_stop(stopping, state))

    engine = Engine(state.network, workers, objective=partial(add_pretraining_loss, workers=workers))
    drive(
        state,
        run_steps(state, feed, schedule, score, engine),
        here,
        checkpoints=checkpoints,
        found=found,
        every=schedule.config.checkpoint_seconds,
        stopping=stopping,
        on_progress=on_progress,
    )


def _settings_used(
    shape: LayerShape, config: PretrainingObjective, train_config: TrainConfig, start: PretrainedWeights
) -> dict[str, Any]:
    """The settings that the learned weights depend on, by section, for the fingerprint."""
    used: dict[str, Any] = {"model": asdict(shape), "encoder_pretraining": asdict(config)}
    used |= {"train": asdict(train_config), "start": start.digest()}
    del used["train"]["checkpoint_seconds"]
    return used


def _started_of(state: TrainingState, feed: ContextWindows, schedule: Schedule) -> TrainingStarted:
    """The event by which pretraining begins."""
    return TrainingStarted(
        steps_done=state.step,
        steps=len(feed.plan(state.epoch)),
        epochs=schedule.epochs,
        device=schedule.device,
        precision=schedule.precision,
        threads=torch.get_num_threads(),
        texts=len(feed.rows),
        tokens=int(feed.lengths.sum()),
        task=f"each state predicts the next {feed.encoder_pretraining.window} tokens",
    )


def resolve_epochs(config: PretrainingObjective, rows: Ragged, encoder: Encoder, most: int) -> PretrainingObjective:
    """`config` with `auto` epochs resolved by the tokens of `rows`, each cut at `most`; none for an `encoder` without
    recurrence, in which nothing comes next.
    """
    if config.epochs != "auto":
        return config
    epochs = choose_pretraining_epochs(int(cut_lengths(rows, most).sum())) if encoder in CELLS else 0
    return replace(config, epochs=epochs)


def pretraining_train_config(train: PretrainingLoop, config: PretrainingObjective) -> TrainConfig:
    """The settings of the loop: what `config` says, and of `train` how texts are cut, the seed, and where and in which
    numbers is computed. `config.epochs` is a number here.
    """
    assert config.epochs != "auto"
    return TrainConfig(
        seed=train.seed,
        epochs=config.epochs,
        batch_size=config.batch_size,
        max_tokens=train.max_tokens,
        truncation=train.truncation,
        learning_rate=config.learning_rate,
        adversarial=0.0,
        weight_decay=0.0,
        clip_norm=CLIP_NORM,
        patience=0,
        precision=train.precision,
        device=train.device,
        processes=1,
        checkpoint_seconds=train.checkpoint_seconds,
    )


def new_pretraining_state(
    shape: LayerShape,
    schedule: Schedule,
    vocabulary_size: int,
    vectors: WordVectors,
    start: PretrainedWeights | None = None,
) -> TrainingState:
    """The state before the first step; the embedding starts from `vectors`, and what `start` has from that."""
    settings = schedule.config
    network = build_language_model(shape, vocabulary_size, seed=settings.seed).to(schedule.device)
    init_embedding(network.embedding, vectors.matrix)
    if start is not None:
        own = network.state_dict().keys()
        load_pretrained(
            network, PretrainedWeights({name: weight for name, weight in start.weights.items() if name in own})
        )
    optimizer = build_optimizer(network, learning_rate=settings.learning_rate, weight_decay=settings.weight_decay)
    return TrainingState(network, copy.deepcopy(network), optimizer)
