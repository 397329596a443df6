"""The training loop: a generator of steps. Logging, checkpoints, stopping stand outside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from numpy.typing import NDArray

from textrnn.config.train import TrainConfig
from textrnn.errors import TrainingError
from textrnn.nn.noise import BatchPart
from textrnn.training.events import EpochDone, StepDone
from textrnn.training.learning_rate import learning_rate_at
from textrnn.training.nonfinite import first_nonfinite
from textrnn.training.schedule import Schedule
from textrnn.training.step import Engine, TrainingBatch, train_step
from textrnn.training.training_state import TrainingState


class Feed(Protocol):
    """Where batches come from: all are pure functions of what they are given."""

    def plan(self, epoch: int) -> list[NDArray[Any]]:
        """The row numbers of each batch of `epoch` (from 0)."""

    def batch(self, indices: NDArray[Any]) -> TrainingBatch:
        """The labelled batch of these rows, or of this process's part of them."""

    def part(self, indices: NDArray[Any]) -> BatchPart:
        """Which part of these rows this process reads."""

    def tokens(self, indices: NDArray[Any]) -> int:
        """The tokens that all processes read of these rows."""


Score = Callable[[Any], dict[str, float]]  # of the network on the validation split


def run_steps(
    state: TrainingState, feed: Feed, schedule: Schedule, score: Score, engine: Engine | None = None
) -> Iterator[StepDone | EpochDone]:
    """Train from where `state` stands to the end, yielding after each step and each scored epoch.

    At every yield `state` is whole: saved there and loaded again, the run goes on to the same bytes.
    `score` gives the `loss` of a network on the validation split and, where the best epoch may be chosen by it, a score
    by its name. Without an `engine` this process computes alone, on its own thread. Raises TrainingError at a loss,
    gradient or weight that is not finite: the first two before they reach the weights.
    """
    engine = engine or Engine(state.network)
    while not state.finished:
        plan = feed.plan(state.epoch)
        while state.position < len(plan):
            rows = plan[state.position]
            rate = _rate_of(state.step, len(plan), schedule)
            train_step(state, feed.batch(rows), feed.part(rows), schedule, rate, engine)
            yield StepDone(
                state.epoch + 1,
                schedule.epochs,
                state.position,
                len(plan),
                state.loss_sum / state.texts,
                feed.tokens(rows),
                rate,
            )
        # not read from the optimizer: a run resumed just here has not stepped yet
        yield _finish_epoch(state, schedule, score(state.average), _rate_of(state.step - 1, len(plan), schedule))


def _rate_of(step: int, steps: int, schedule: Schedule) -> float:
    """The learning rate of `step` (from 0), with `steps` an epoch."""
    config = schedule.config
    return learning_rate_at(
        step,
        schedule.epochs * steps,
        highest=config.learning_rate,
        warmup=config.warmup,
        schedule=config.schedule,
    )


def _finish_epoch(state: TrainingState, schedule: Schedule, scores: dict[str, float], rate: float) -> EpochDone:
    name = first_nonfinite(dict(state.average.named_parameters()))  # validation may not read every row of it
    if name or not math.isfinite(scores["loss"]):
        what = (
            f"the averaged weight {name} holds NaN or infinity" if name else f"the validation loss is {scores['loss']}"
        )
        raise TrainingError(
            f"training stopped after epoch {state.epoch + 1}: {what}, expected a finite number; "
            "lower train.learning_rate or train.clip_norm"
        )
    record = {
        "epoch": state.epoch + 1,
        "train_loss": state.loss_sum / state.texts,
        **{f"validation_{name}": value for name, value in scores.items()},
        "learning_rate": rate,
    }
    state.history.append(record)
    is_best = _is_better(state, scores, schedule.config)
    if is_best:
        state.best_epoch, state.waited = state.epoch + 1, 0
        state.best_loss, state.best_score = scores["loss"], _score_of(scores)
        state.best = {name: value.detach().cpu().clone() for name, value in state.average.state_dict().items()}
    else:
        state.waited += 1
    state.epoch += 1
    state.position, state.loss_sum, state.texts = 0, 0.0, 0
    given_up = 0 < schedule.patience <= state.waited and state.epoch >= schedule.min_epochs
    state.finished = state.epoch >= schedule.epochs or given_up
    return EpochDone(record, is_best)


def _is_better(state: TrainingState, scores: dict[str, float], config: TrainConfig) -> bool:
    """Whether `scores` are better than the best so far; of equal scores the lower loss is."""
    if config.best_by == "accuracy" and state.best_epoch and _score_of(scores) != state.best_score:
        return _score_of(scores) > state.best_score
    return scores["loss"] < state.best_loss


def _score_of(scores: dict[str, float]) -> float:
    """The score that is shown with the loss, if there is one."""
    return next((value for name, value in scores.items() if name != "loss"), 0.0)
