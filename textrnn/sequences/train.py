"""Training on sequences of numbers: the same loop with another network, another loss."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from textrnn.config.sequence_model import SequenceConfig
from textrnn.config.train import TrainConfig
from textrnn.nn.batching import plan_batches
from textrnn.nn.noise import BatchPart
from textrnn.sequences.network import SequenceNetwork, Values, build_sequence_network, predict_values, values_of
from textrnn.training.device import require_device
from textrnn.training.events import Progress, TrainingStarted
from textrnn.training.fingerprint import sequence_fingerprint
from textrnn.training.loop import run_steps
from textrnn.training.objective import ForwardPasses
from textrnn.training.optimizer import build_optimizer
from textrnn.training.precision import full_float32, run_flushed
from textrnn.training.resume import drive, resume
from textrnn.training.schedule import Schedule, make_schedule
from textrnn.training.step import Engine
from textrnn.training.training_state import TrainingState
from textrnn.training.world import SINGLE_PROCESS

Array = NDArray[np.float32]


@dataclass(frozen=True)
class SequenceRows:
    """Sequences `x` (N, T, F) float32 and what is wanted of them, `y` (N, O) float32, as a feed of batches."""

    x: Array
    y: Array
    config: TrainConfig

    def plan(self, epoch: int) -> list[NDArray[np.int64]]:
        """The row numbers of each batch of `epoch`, in an order drawn from (seed, epoch)."""
        lengths = np.full(len(self.x), self.x.shape[1], dtype=np.int64)
        return plan_batches(lengths, self.config.batch_size, seed=self.config.seed, epoch=epoch)

    def batch(self, indices: NDArray[np.int64]) -> Values:
        """The batch of these rows."""
        return values_of(self.x[indices], self.y[indices])

    def part(self, indices: NDArray[np.int64]) -> BatchPart:
        """All of these rows: one process trains alone."""
        return SINGLE_PROCESS.part_of(np.full(len(indices), self.x.shape[1], dtype=np.int64))

    def tokens(self, indices: NDArray[np.int64]) -> int:
        """The steps read of these rows."""
        return len(indices) * int(self.x.shape[1])


def add_squared_error(
    network: nn.Module, batch: Values, forward_passes: ForwardPasses, config: TrainConfig, weight: float
) -> Tensor:
    """Add the gradients of the squared error, its mean over outputs and sum over sequences, times `weight`; the sum."""
    wanted = batch.labels
    assert wanted is not None
    loss: Tensor = (forward_passes.shared(None) - wanted).square().mean(dim=1).sum()
    (loss * weight).backward()  # type: ignore[no-untyped-call]
    return loss.detach()


@dataclass(frozen=True)
class FittedSequence:
    """The weights of the best epoch, by name, on the CPU, and one dict an epoch: `train_loss`, `validation_loss`..."""

    weights: dict[str, Tensor]
    history: list[dict[str, Any]]
    best_epoch: int


def train_sequences(
    x: Array,
    y: Array,
    held_x: Array,
    held_y: Array,
    shape: SequenceConfig,
    train_config: TrainConfig,
    *,
    checkpoints: Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> FittedSequence:
    """Train on `x` (N, T, F) and `y` (N, O), both float32; the epoch is chosen by the squared error of the held rows.

    Checkpoints, stopping and the same bytes again are as `train` has them. Raises ConfigError, TrainingError, OSError.
    """
    schedule = make_schedule(replace(train_config, precision="float32", processes=1), len(x))
    require_device(schedule.device)
    config = schedule.config
    feed = SequenceRows(x, y, config)

    def score(network: SequenceNetwork) -> dict[str, float]:
        return {"loss": float(np.square(predict_values(network, held_x) - held_y).mean())}

    def work(stop: Event) -> TrainingState:
        state = new_sequence_state(shape, schedule, x.shape[2], y.shape[1])
        arrays = {"x": x, "y": y, "held_x": held_x, "held_y": held_y}
        here = sequence_fingerprint(arrays, shape, config) if checkpoints else {}
        found = resume(state, checkpoints, here)
        steps, threads = -(-len(x) // config.batch_size), torch.get_num_threads()
        where = (schedule.device, schedule.precision, threads)
        begun = TrainingStarted(
            state.step, steps, schedule.epochs, *where, note=found.note, texts=len(x), tokens=x[..., 0].size
        )
        on_progress(replace(begun, lost=found.lost, patience=schedule.patience, min_epochs=schedule.min_epochs))
        with full_float32(schedule.device):
            drive(
                state,
                run_steps(state, feed, schedule, score, Engine(state.network, objective=add_squared_error)),
                here,
                checkpoints=checkpoints,
                found=found,
                every=config.checkpoint_seconds,
                stopping=lambda: stop.is_set() or stop_requested(),
                on_progress=on_progress,
            )
        return state

    state = run_flushed(work)
    return FittedSequence(state.best, state.history, state.best_epoch)


def new_sequence_state(shape: SequenceConfig, schedule: Schedule, features: int, outputs: int) -> TrainingState:
    """The state before the first step."""
    config = schedule.config
    network = build_sequence_network(shape, features, outputs, seed=config.seed).to(schedule.device)
    optimizer = build_optimizer(network, learning_rate=config.learning_rate, weight_decay=config.weight_decay)
    return TrainingState(network, copy.deepcopy(network), optimizer)
