"""From token ids to a trained classifier: resumable, stoppable, and the same bytes every time."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.errors import ConfigError, DamagedError, TextrnnError, TrainingError
from textrnn.hardware import resolve_device, resolve_precision
from textrnn.nn.artifact import Classifier
from textrnn.nn.batch import Batch, assemble, cut_lengths
from textrnn.nn.batching import plan_batches
from textrnn.nn.classifier import RecurrentClassifier, build_model
from textrnn.nn.predict import compute_logits
from textrnn.nn.workers import Workers, start_workers
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged
from textrnn.training.checkpoint import list_checkpoints, read_fingerprint, restore_state, save_checkpoint
from textrnn.training.fingerprint import fingerprint
from textrnn.training.loop import EpochDone, Schedule, State, StepDone, run_steps
from textrnn.training.optimizer import build_optimizer
from textrnn.training.precision import run_flushed

TEXTS_READ = 40_000  # what `epochs = "auto"` aims at
FEWEST_EPOCHS, MOST_EPOCHS = 2, 40
TEXTS_WAITED = 10_000  # what `patience = "auto"` aims at: short epochs say little each


class TrainingStopped(TextrnnError):
    """Training was asked to stop; the checkpoint holds every step that was done."""


@dataclass(frozen=True)
class Started:
    """Training begins, or goes on: steps already done, steps an epoch, epochs, where it computes."""

    steps_done: int
    steps: int
    epochs: int
    device: str
    precision: str
    threads: int
    note: str = ""


Progress = Started | StepDone | EpochDone


@dataclass(frozen=True)
class TrainingRows:
    """The training split as a feed of batches."""

    rows: Ragged
    labels: NDArray[np.int64]
    config: TrainConfig

    def plan(self, epoch: int) -> list[NDArray[np.int64]]:
        """The row numbers of each batch of `epoch`."""
        lengths = cut_lengths(self.rows, self.config.max_tokens)
        return plan_batches(lengths, self.config.batch_size, seed=self.config.seed, epoch=epoch)

    def batch(self, indices: NDArray[np.int64]) -> Batch:
        """The labelled batch of these rows."""
        return assemble(
            self.rows, indices, max_tokens=self.config.max_tokens, keep=self.config.keep, labels=self.labels
        )


def train(
    ids: Ids,
    model_config: ModelConfig,
    train_config: TrainConfig,
    *,
    checkpoints: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> Classifier:
    """Train a classifier on the training split of `ids`, scored on its validation split.

    With a folder `checkpoints` the run resumes from the one found there and leaves one when it is
    stopped or fails. `stop_requested` is asked after every batch; where it says yes, TrainingStopped is
    raised. The same ids, settings, versions, threads and kind of processor give the same bytes,
    interrupted or not. Raises ConfigError, TrainingError, OSError.
    """
    schedule = make_schedule(train_config, len(ids.splits["train"]))
    _require_device(schedule.device)

    def work(stop: Event) -> Classifier:
        with start_workers(torch.get_num_threads() if schedule.device == "cpu" else 1) as workers:
            return _train(ids, model_config, schedule, checkpoints, on_progress, stop, stop_requested, workers)

    return run_flushed(work)


def make_schedule(config: TrainConfig, texts: int) -> Schedule:
    """`config` with every `auto` resolved, for a training split of `texts` texts. Raises ConfigError."""
    device = resolve_device(config.device)
    precision = resolve_precision(config.precision, device)
    if config.epochs == "auto":
        epochs = min(max(-(-TEXTS_READ // max(texts, 1)), FEWEST_EPOCHS), MOST_EPOCHS)
    else:
        epochs = config.epochs
    patience = max(-(-TEXTS_WAITED // max(texts, 1)), 2) if config.patience == "auto" else config.patience
    resolved = replace(config, epochs=epochs, patience=patience, device=device, precision=precision)
    return Schedule(resolved, epochs, patience, precision, device)


def _train(
    ids: Ids,
    model_config: ModelConfig,
    schedule: Schedule,
    checkpoints: Path | None,
    on_progress: Callable[[Progress], None],
    stop: Event,
    stop_requested: Callable[[], bool],
    workers: Workers | None,
) -> Classifier:
    config = schedule.config
    feed = TrainingRows(ids.splits["train"], ids.labels["train"], config)
    state = new_state(model_config, schedule, ids.vocabulary_size, ids.target.outputs)
    here = fingerprint(ids, model_config, config)
    note = _resume(state, checkpoints, here) if checkpoints else ""
    steps = -(-len(feed.rows) // config.batch_size)
    threads = torch.get_num_threads()
    on_progress(Started(state.step, steps, schedule.epochs, schedule.device, schedule.precision, threads, note))

    def check_stop(_: int = 0) -> None:
        if stop.is_set() or stop_requested():
            raise TrainingStopped(f"training stopped after {state.step} steps")

    def keep() -> None:
        if checkpoints:
            save_checkpoint(checkpoints, state, here)

    def score(network: RecurrentClassifier) -> dict[str, float]:
        return _score(network, ids.splits["validation"], ids.labels["validation"], config, check_stop, workers)

    saved = time.monotonic()
    try:
        for progress in run_steps(state, feed, schedule, score, workers):
            on_progress(progress)
            if isinstance(progress, EpochDone) or time.monotonic() - saved >= config.checkpoint_seconds:
                keep()
                saved = time.monotonic()
            check_stop()
    except (TrainingStopped, TrainingError):
        with contextlib.suppress(TrainingError):  # what is not finite is not kept: the checkpoint before it stays
            keep()
        raise
    # how often checkpoints are kept is unkeyed: it must not reach the bytes
    kept = replace(config, checkpoint_seconds=TrainConfig.checkpoint_seconds)
    return Classifier(state.best, model_config, kept, ids.target, ids.vocabulary_size, state.history, state.best_epoch)


def new_state(model_config: ModelConfig, schedule: Schedule, vocabulary_size: int, outputs: int) -> State:
    """The state before the first step."""
    config = schedule.config
    network = build_model(model_config, vocabulary_size, outputs, seed=config.seed).to(schedule.device)
    average = copy.deepcopy(network)
    optimizer = build_optimizer(network, learning_rate=config.learning_rate, weight_decay=config.weight_decay)
    return State(network, average, optimizer)


def _resume(state: State, checkpoints: Path, now: dict[str, Any]) -> str:
    """Restore the newest checkpoint that can be; says in words what was found, "" where there was none."""
    reasons = []
    for found in list_checkpoints(checkpoints):
        try:
            then = read_fingerprint(found)
            if then == now:
                restore_state(found, state)
                return f"resumed after {state.step} steps"
        except DamagedError as error:
            reasons.append(str(error))
            continue
        names = [name for name in now if then.get(name) != now[name]]
        reasons.append(", ".join(f"{name} was {then.get(name)}, is {now[name]}" for name in names))
    return f"the checkpoint is left aside, training starts over ({reasons[0]})" if reasons else ""


def _score(
    network: RecurrentClassifier,
    rows: Ragged,
    labels: NDArray[np.int64],
    config: TrainConfig,
    on_batch: Callable[[int], None],
    workers: Workers | None,
) -> dict[str, float]:
    logits = compute_logits(
        network, rows, max_tokens=config.max_tokens, keep=config.keep, on_batch=on_batch, workers=workers
    )
    highest = logits.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(logits - highest).sum(axis=1)) + highest[:, 0]
    losses = log_total - logits[np.arange(len(labels)), labels]
    return {"loss": float(losses.mean()), "accuracy": float((logits.argmax(axis=1) == labels).mean())}


def _require_device(device: str) -> None:
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there[device]:
        raise ConfigError(f"train.device: torch finds no {device} device here; use --set train.device=cpu")
