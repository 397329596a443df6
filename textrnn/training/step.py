"""One training step: loss, gradient, clipping, weights, average."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Protocol

import torch
from torch import Tensor

from textrnn.config.train import TrainConfig
from textrnn.errors import TrainingError
from textrnn.machine.workers import Workers
from textrnn.nn.batch import Batch
from textrnn.nn.noise import BatchPart, Noise, step_noise
from textrnn.training.cuda_graphs import Graphs
from textrnn.training.fused_adamw import (
    Gradients,
    fused_adamw_step,
    gather_gradients,
    gradient_length,
    library_for_adamw,
)
from textrnn.training.learning_rate import set_rate
from textrnn.training.nonfinite import first_nonfinite
from textrnn.training.objective import ForwardPasses, add_gradients
from textrnn.training.precision import autocast
from textrnn.training.schedule import Schedule
from textrnn.training.training_state import TrainingState
from textrnn.training.weight_averaging import decay_at, update_average
from textrnn.training.world import SINGLE_PROCESS, World

EPSILON = 1e-6  # as torch's clip_grad_norm_ adds


class TrainingBatch(Protocol):
    """What a network reads at one step: B examples and what is wanted of them."""

    def to(self, device: torch.device) -> TrainingBatch:
        """The same on `device`."""


# the network, its batch, how it is read, the settings, the weight: adds gradients, gives the summed loss
Objective = Callable[[Any, Any, ForwardPasses, TrainConfig, float], Tensor]


@dataclass(frozen=True)
class Engine:
    """What computes a step: this process's network as all processes share it, its threads, its world, its loss; and
    the graphs that its steps are put into, if they are.
    """

    forward: Callable[..., Tensor]
    workers: Workers | None = None
    world: World = SINGLE_PROCESS
    objective: Objective = add_gradients
    graphs: Graphs | None = None


def train_step(
    state: TrainingState,
    batch: TrainingBatch,
    part: BatchPart,
    schedule: Schedule,
    rate: float,
    engine: Engine,
) -> None:
    """One step on `batch`, this process's `part` of a global one, at the learning rate `rate`.

    Loss, gradient, clipping, weights, average. The gradient is that of the mean loss over the texts of
    all processes: each divides by their number, and times `size`, since what is shared is a mean.
    """
    config = schedule.config
    set_rate(state.optimizer, rate)
    loss, norm, gradients = _backward(state, batch, part, schedule, engine)
    total = engine.world.all_reduce(loss * part.counts)
    _require_finite(state, total / part.texts, norm)
    _update(state, config, norm, gradients, engine)
    state.loss_sum += total
    state.texts += part.texts
    state.position += 1
    state.step += 1


def _update(
    state: TrainingState, config: TrainConfig, norm: float, gradients: Gradients | None, engine: Engine
) -> None:
    """The step itself, and the average. Every weight is looked at: a row of the embedding that no text of the batch
    reads shows in no loss.
    """
    if gradients is None:
        state.optimizer.step()
        _require_finite_weights(state)
        update_average(state.average, state.network, decay=config.ema_decay, step=state.step)
        return
    averages: dict[Tensor, Tensor] = dict(zip(state.network.parameters(), state.average.parameters(), strict=True))
    finite = fused_adamw_step(
        gradients, state.optimizer, averages,
        scale=min(1.0, config.clip_norm / (norm + EPSILON)), towards=1 - decay_at(state.step, config.ema_decay),
        workers=engine.workers,
    )  # fmt: skip
    if not finite:
        _require_finite_weights(state)


def _backward(
    state: TrainingState, batch: TrainingBatch, part: BatchPart, schedule: Schedule, engine: Engine
) -> tuple[float, float, Gradients | None]:
    """The summed loss of this process, the length of the gradient, and that gradient, to be clipped where weights are
    moved; None where it stands at the weights, clipped.
    """
    config, graphs = schedule.config, engine.graphs
    native = library_for_adamw(state.network) if graphs is None else None
    gradients: Gradients | None = None
    weight = part.size / part.texts * part.counts

    def compute(batch: TrainingBatch, noise_of: Callable[[], Noise]) -> Tensor:
        nonlocal gradients
        state.optimizer.zero_grad(set_to_none=graphs is None)  # a graph knows where gradients are
        forward_passes = _forward_passes(state, batch, part, schedule, engine, noise_of)
        loss = engine.objective(state.network, batch, forward_passes, config, weight)
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


def _forward_passes(
    state: TrainingState,
    batch: TrainingBatch,
    part: BatchPart,
    schedule: Schedule,
    engine: Engine,
    noise_of: Callable[[], Noise],
) -> ForwardPasses:
    """How this step reads `batch`: with the same masks each time."""

    def read(forward: Callable[..., Tensor], perturbation: Tensor | None) -> Tensor:
        options = {} if perturbation is None else {"perturbation": perturbation}
        with autocast(schedule.precision, schedule.device):
            logits: Tensor = forward(batch, noise_of(), engine.workers, **options)
        return logits

    return ForwardPasses(partial(read, engine.forward))


def _require_finite(state: TrainingState, loss: float, norm: float) -> None:
    """Raise TrainingError unless the loss and the gradient's norm are finite; where a weight is the cause, name it."""
    if math.isfinite(loss) and math.isfinite(norm):
        return
    _require_finite_weights(state)
    _stop(state, f"the loss is {loss}" if not math.isfinite(loss) else f"the gradient's length is {norm}")


def _require_finite_weights(state: TrainingState) -> None:
    if name := first_nonfinite(dict(state.network.named_parameters())):
        _stop(state, f"the weight {name} holds NaN or infinity")


def _stop(state: TrainingState, what: str) -> NoReturn:
    raise TrainingError(
        f"training stopped at epoch {state.epoch + 1}, step {state.position + 1}: {what}, expected a finite number; "
        "lower train.learning_rate or train.clip_norm"
    )
