"""One trial of the memory demo: a network trained on one task at one length, with its gradients."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from threading import Event
from typing import Any

import torch

from textrnn.config.model import Recurrence
from textrnn.config.sequence_model import SequenceConfig
from textrnn.config.train import TrainConfig
from textrnn.nn.thread_count import use_threads
from textrnn.sequences.demo.synthetic_tasks import FEATURES, OUTPUTS, GeneratedBatches, Task, accuracy_of, draw, loss_of
from textrnn.sequences.network import SequenceNetwork
from textrnn.sequences.train import add_squared_error, new_sequence_state
from textrnn.training.events import EpochDone
from textrnn.training.loop import run_steps
from textrnn.training.objective import add_gradients
from textrnn.training.precision import run_flushed
from textrnn.training.schedule import make_schedule
from textrnn.training.step import Engine

STEPS_PER_EPOCH = 50
SOLVED_ACCURACY = 0.995  # of the held sequences right: training ends
HELD, PROBED = 500, 200  # sequences that score, and that gradients are measured on
TRAIN_CONFIG = TrainConfig(
    batch_size=32, learning_rate=5e-3, warmup=0.02, weight_decay=0.0, clip_norm=1.0, ema_decay=0.95, patience=0,
    precision="float32", device="cpu", processes=1,
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What is trained: all that the result depends on, but for the versions and the processor."""

    task: Task
    encoder: Recurrence
    length: int
    steps: int
    hidden_size: int = 64
    seed: int = 0


def run_trial(trial: Trial) -> dict[str, Any]:
    """Train one network, on one thread; its accuracy, loss, gradient norms before and after, as plain JSON."""
    return run_flushed(lambda stop: _on_one_thread(lambda: _remember(trial, stop)))


def _on_one_thread(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    before = torch.get_num_threads()
    use_threads(1)  # the bits must not depend on how many trials run at once
    try:
        return work()
    finally:
        use_threads(before)


def _remember(trial: Trial, stop: Event) -> dict[str, Any]:
    begun = time.perf_counter()
    epochs = max(trial.steps // STEPS_PER_EPOCH, 1)
    schedule = make_schedule(
        replace(TRAIN_CONFIG, epochs=epochs, seed=trial.seed), STEPS_PER_EPOCH * TRAIN_CONFIG.batch_size
    )
    shape = SequenceConfig(encoder=trial.encoder, hidden_size=trial.hidden_size)
    state = new_sequence_state(shape, schedule, FEATURES[trial.task], OUTPUTS[trial.task])
    assert isinstance(state.network, SequenceNetwork)
    reset_gates(state.network, trial.length, trial.seed)
    state.average = copy.deepcopy(state.network)
    before = gradient_norms(state.network, trial)
    feed = GeneratedBatches(trial.task, trial.length, schedule.config.batch_size, STEPS_PER_EPOCH, trial.seed)
    held = draw(trial.task, trial.length, HELD, [trial.seed, 2])
    assert held.labels is not None
    targets = held.labels

    def score(network: SequenceNetwork) -> dict[str, float]:
        with torch.inference_mode():
            predicted = network(held)
        return {
            "loss": float(loss_of(trial.task, predicted, targets)),
            "accuracy": accuracy_of(trial.task, predicted, targets),
        }

    objective = add_squared_error if trial.task == "adding" else add_gradients
    for progress in run_steps(state, feed, schedule, score, Engine(state.network, objective=objective)):
        if isinstance(progress, EpochDone) and progress.record["validation_accuracy"] >= SOLVED_ACCURACY:
            break
        if stop.is_set():
            break
    state.network.load_state_dict(state.best)
    # other sequences than those that chose the epoch
    test = draw(trial.task, trial.length, HELD, [trial.seed, 3])
    assert test.labels is not None
    with torch.inference_mode():
        predicted = state.network(test)
    return {
        **asdict(trial),
        "steps_taken": state.step,
        "accuracy": accuracy_of(trial.task, predicted, test.labels),
        "loss": float(loss_of(trial.task, predicted, test.labels)),
        "gradient_before": before,
        "gradient_after": gradient_norms(state.network, trial),
        "seconds": round(time.perf_counter() - begun, 2),
    }


def reset_gates(network: SequenceNetwork, length: int, seed: int) -> None:
    """Let the gates of an LSTM, GRU or minGRU keep what they hold for 1 to `length` steps when training begins.

    Tallec & Ollivier 2018, "Can recurrent neural networks warp time?", section 3: a gate that keeps the share
    sigmoid(b) of its content forgets within 1 + exp(b) steps; so b = log(u), u uniform in 1..length - 1.
    """
    generator = torch.Generator().manual_seed(seed)
    kind, size = network.config.encoder, network.config.hidden_size
    with torch.no_grad():
        for name, bias in network.encoder.named_parameters():
            if not name.startswith("bias_ih") or kind not in ("lstm", "gru", "mingru"):
                continue
            keep = torch.log(1 + torch.rand(size, generator=generator) * max(length - 2, 0))
            if kind == "lstm":
                bias[size : 2 * size] = keep  # forget, second of i, f, g, o
                bias[:size] = -keep
            elif kind == "gru":
                bias[size : 2 * size] = keep  # z keeps, second of r, z, n
            else:
                bias[:size] = -keep  # z lets in


def gradient_norms(network: SequenceNetwork, trial: Trial) -> list[float]:
    """The norm of d loss / d x_t, mean over sequences, for t from the last step back to the first: (T,).

    The loss is that of one sequence alone.
    """
    probe = draw(trial.task, trial.length, PROBED, [trial.seed, 4])
    assert probe.labels is not None
    x = probe.x.clone().requires_grad_()
    loss = loss_of(trial.task, network(replace(probe, x=x)), probe.labels) * PROBED
    (gradient,) = torch.autograd.grad(loss, [x])
    return [float(norm) for norm in gradient.norm(dim=2).mean(dim=1).flip(0)]
