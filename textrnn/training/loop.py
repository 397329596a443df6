"""The training loop: a generator of steps. Logging, checkpoints and stopping stand outside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NoReturn, Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from textrnn.config.train import TrainConfig
from textrnn.errors import TrainingError
from textrnn.machine.hardware import ResolvedDevice, ResolvedPrecision
from textrnn.nn.batch import Batch
from textrnn.nn.noise import Noise, Part, step_noise
from textrnn.nn.workers import Workers
from textrnn.training.averaging import decay_at, update_average
from textrnn.training.finite import find_nonfinite
from textrnn.training.fused_adamw import (
    Gradients,
    fused_adamw_step,
    gather_gradients,
    gradient_length,
    library_for_adamw,
)
from textrnn.training.graphs import Graphs
from textrnn.training.objective import Readings, add_gradients
from textrnn.training.optimizer import learning_rate_at, set_rates
from textrnn.training.precision import autocast
from textrnn.training.world import ALONE, World

TINY = 1e-6  # as torch's clip_grad_norm_ adds


class Readable(Protocol):
    """What a network reads at one step: B examples and what is wanted of them."""

    def to(self, device: torch.device) -> Readable:
        """The same on `device`."""


class Feed(Protocol):
    """Where batches come from: all are pure functions of what they are given."""

    def plan(self, epoch: int) -> list[NDArray[Any]]:
        """The row numbers of each batch of `epoch` (from 0)."""

    def batch(self, indices: NDArray[Any]) -> Readable:
        """The labelled batch of these rows, or of this process's part of them."""

    def part(self, indices: NDArray[Any]) -> Part:
        """Which part of these rows this process reads."""

    def tokens(self, indices: NDArray[Any]) -> int:
        """The tokens that all processes read of these rows."""


@dataclass(frozen=True)
class Schedule:
    """What does not change during a run: settings with every `auto` resolved.

    Before `least` epochs nobody loses patience.
    """

    config: TrainConfig
    epochs: int
    patience: int
    precision: ResolvedPrecision
    device: ResolvedDevice
    processes: int = 1
    least: int = 0


@dataclass
class State:
    """All that a step changes: what a checkpoint holds.

    `epoch` counts finished epochs, `position` the steps done in the present one, `step` all steps.
    `loss_sum` is summed over `texts` texts of the present epoch. `best` are the averaged weights of
    `best_epoch` (from 1), `waited` the epochs since.
    """

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.AdamW
    epoch: int = 0
    position: int = 0
    step: int = 0
    loss_sum: float = 0.0
    texts: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = math.inf
    best_score: float = 0.0
    best: dict[str, Tensor] = field(default_factory=dict)
    waited: int = 0
    finished: bool = False


@dataclass(frozen=True)
class StepDone:
    """One step: its place, the mean loss of the epoch so far, its real tokens, its learning rate."""

    epoch: int
    epochs: int
    position: int
    steps: int
    loss: float
    tokens: int
    learning_rate: float


@dataclass(frozen=True)
class EpochDone:
    """One epoch, scored: its line of the history, and whether it is the best so far."""

    record: dict[str, Any]
    is_best: bool


# the network, its batch, how it is read, the settings, the weight: adds gradients, gives the summed loss
Objective = Callable[[Any, Any, Readings, TrainConfig, float], Tensor]
Score = Callable[[Any], dict[str, float]]  # of the network on the validation split


@dataclass(frozen=True)
class Engine:
    """What computes a step: this process's network as all processes share it, its threads, its world, its loss; and
    the graphs that its steps are put into, if they are.
    """

    forward: Callable[..., Tensor]
    workers: Workers | None = None
    world: World = ALONE
    objective: Objective = add_gradients
    graphs: Graphs | None = None


def run_steps(
    state: State, feed: Feed, schedule: Schedule, score: Score, engine: Engine | None = None
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
            done = state.step / (schedule.epochs * len(plan))
            train_step(state, feed.batch(rows), feed.part(rows), schedule, rate, engine, done=done)
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


def train_step(
    state: State, batch: Readable, part: Part, schedule: Schedule, rate: float, engine: Engine, *, done: float = 0.0
) -> None:
    """One step on `batch`, this process's `part` of a global one, at the learning rate `rate`.

    `done` is the share of all steps before it.

    Loss, gradient, clipping, weights, average. The gradient is that of the mean loss over the texts of
    all processes: each divides by their number, and times `size`, since what is shared is a mean.
    """
    config = schedule.config
    set_rates(state.optimizer, rate, done, config)
    loss, norm, gradients = _descend(state, batch, part, schedule, engine)
    total = engine.world.total(loss * part.counts)
    _require_finite(state, total / part.texts, norm)
    _move(state, config, norm, gradients, engine)
    state.loss_sum += total
    state.texts += part.texts
    state.position += 1
    state.step += 1


def _move(state: State, config: TrainConfig, norm: float, gradients: Gradients | None, engine: Engine) -> None:
    """The step itself, and the average. Every weight is looked at: a row of the embedding that no text of the batch
    reads shows in no loss.
    """
    if gradients is None:
        state.optimizer.step()
        _require_finite_weights(state)
        update_average(state.average, state.network, decay=config.average, step=state.step)
        return
    averages: dict[Tensor, Tensor] = dict(zip(state.network.parameters(), state.average.parameters(), strict=True))
    finite = fused_adamw_step(
        gradients, state.optimizer, averages,
        scale=min(1.0, config.clip_norm / (norm + TINY)), towards=1 - decay_at(state.step, config.average),
        workers=engine.workers,
    )  # fmt: skip
    if not finite:
        _require_finite_weights(state)


def _descend(
    state: State, batch: Readable, part: Part, schedule: Schedule, engine: Engine
) -> tuple[float, float, Gradients | None]:
    """The summed loss of this process, the length of the gradient, and that gradient, to be clipped where weights are
    moved; None where it stands at the weights, clipped.
    """
    config, graphs = schedule.config, engine.graphs
    native = library_for_adamw(state.network) if graphs is None else None
    gradients: Gradients | None = None
    weight = part.size / part.texts * part.counts

    def compute(batch: Readable, noise_of: Callable[[], Noise]) -> Tensor:
        nonlocal gradients
        state.optimizer.zero_grad(set_to_none=graphs is None)  # a graph knows where gradients are
        readings = _readings(state, batch, part, schedule, engine, noise_of)
        loss = engine.objective(state.network, batch, readings, config, weight)
        if native is not None:
            gradients = gather_gradients(native, state.network)
            return torch.stack([loss, loss.new_tensor(gradient_length(gradients, engine.workers))])
        norm = torch.nn.utils.clip_grad_norm_(state.network.parameters(), config.clip_norm)
        return torch.stack([loss, norm.to(loss)])

    def noise_of() -> Noise:
        return step_noise(config.seed, state.epoch, state.position, part)

    if graphs is not None and isinstance(batch, Batch):
        loss, norm = graphs.run(compute, batch, noise_of).tolist()
    else:
        loss, norm = compute(batch.to(torch.device(schedule.device)), noise_of).tolist()
    return loss, norm, gradients


def _readings(
    state: State, batch: Readable, part: Part, schedule: Schedule, engine: Engine, noise_of: Callable[[], Noise]
) -> Readings:
    """How this step reads `batch`: with the same masks each time."""

    def read(forward: Callable[..., Tensor], nudge: Tensor | None) -> Tensor:
        options = {} if nudge is None else {"nudge": nudge}
        with autocast(schedule.precision, schedule.device):
            logits: Tensor = forward(batch, noise_of(), engine.workers, **options)
        return logits

    def directions(steps: int, texts: int, size: int) -> Tensor:
        noise = step_noise(schedule.config.seed + 1, state.epoch, state.position, part)
        return noise.of_vectors(steps, texts, size).to(schedule.device)

    return Readings(partial(read, engine.forward), partial(read, state.network), directions)


def _require_finite(state: State, loss: float, norm: float) -> None:
    """Raise TrainingError unless the loss and the gradient's norm are finite; where a weight is the cause, name it."""
    if math.isfinite(loss) and math.isfinite(norm):
        return
    _require_finite_weights(state)
    _stop(state, f"the loss is {loss}" if not math.isfinite(loss) else f"the gradient's length is {norm}")


def _require_finite_weights(state: State) -> None:
    if name := find_nonfinite(dict(state.network.named_parameters())):
        _stop(state, f"the weight {name} holds NaN or infinity")


def _stop(state: State, what: str) -> NoReturn:
    raise TrainingError(
        f"training stopped at epoch {state.epoch + 1}, step {state.position + 1}: {what}, expected a finite number; "
        "lower train.learning_rate or train.clip_norm"
    )


def _finish_epoch(state: State, schedule: Schedule, scores: dict[str, float], rate: float) -> EpochDone:
    name = find_nonfinite(dict(state.average.named_parameters()))  # validation may not read every row of it
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
    given_up = 0 < schedule.patience <= state.waited and state.epoch >= schedule.least
    state.finished = state.epoch >= schedule.epochs or given_up
    return EpochDone(record, is_best)


def _is_better(state: State, scores: dict[str, float], config: TrainConfig) -> bool:
    """Whether `scores` are better than the best so far; of equal scores the lower loss is."""
    if config.best_by == "accuracy" and state.best_epoch and _score_of(scores) != state.best_score:
        return _score_of(scores) > state.best_score
    return scores["loss"] < state.best_loss


def _score_of(scores: dict[str, float]) -> float:
    """What stands beside the loss, if anything does."""
    return next((value for name, value in scores.items() if name != "loss"), 0.0)
