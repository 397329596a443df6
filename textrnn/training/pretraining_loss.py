"""The loss of encoder pretraining: summed over states, divided where it is learned or scored."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from textrnn.config.train import TrainConfig
from textrnn.machine.workers import Workers
from textrnn.nn.encoder_pretraining import LanguageModel, PretrainingBatch
from textrnn.nn.sampled_softmax import sampled_loss
from textrnn.nn.workers import run_parallel
from textrnn.training.context_windows import ContextWindows
from textrnn.training.objective import ForwardPasses
from textrnn.training.precision import autocast
from textrnn.training.schedule import Schedule

MAX_VALIDATION_TEXTS = 1_000  # texts of validation that an epoch is scored on


def add_pretraining_loss(
    network: LanguageModel,
    windows: PretrainingBatch,
    forward_passes: ForwardPasses,
    config: TrainConfig,
    weight: float,
    *,
    workers: Workers | None = None,
) -> Tensor:
    """Add the gradients of the mean loss of a state, times the number of texts, times `weight`.

    Returns the mean loss times the number of texts.
    """
    texts, states = len(windows.batch.lengths), sum(len(targets.places) for targets in windows.targets)
    if not states:
        return torch.zeros(())
    loss = sum_pretraining_loss(network, windows, forward_passes.shared(None), config, workers) * (texts / states)
    (loss * weight).backward()  # type: ignore[no-untyped-call]
    return loss.detach()


def sum_pretraining_loss(
    network: LanguageModel,
    windows: PretrainingBatch,
    outputs: Tensor,
    config: TrainConfig,
    workers: Workers | None = None,
) -> Tensor:
    """The loss of `outputs` (N, E), summed over the states of `windows`."""
    dtype = torch.bfloat16 if config.precision == "bfloat16" else torch.float32
    rows, bias = network.rows_of(windows)
    parts = torch.split(outputs, [len(targets.places) for targets in windows.targets])
    tasks = [
        (partial(_loss_of, dtype=dtype), (states, rows, bias, targets.cells, targets.shares))
        for states, targets in zip(parts, windows.targets, strict=True)
    ]
    return torch.stack(run_parallel(workers, tasks)).sum()


def _loss_of(states: Tensor, rows: Tensor, bias: Tensor, cells: Tensor, shares: Tensor, dtype: torch.dtype) -> Tensor:
    return sampled_loss(states, rows, bias, cells, shares, dtype)


def held_out_scores(
    network: LanguageModel, feed: ContextWindows, schedule: Schedule, on_batch: Callable[[], None]
) -> dict[str, float]:
    """Loss and perplexity, a state, of the first texts of `feed`, without dropout."""
    total, states = 0.0, 0
    kept = np.arange(min(len(feed.rows), MAX_VALIDATION_TEXTS))
    kept = kept[np.argsort(feed.lengths[kept], kind="stable")]
    with torch.no_grad(), autocast(schedule.precision, schedule.device):
        for start in range(0, len(kept), schedule.config.batch_size):
            on_batch()
            windows = feed.batch(kept[start : start + schedule.config.batch_size]).to(torch.device(schedule.device))
            states += sum(len(targets.places) for targets in windows.targets)
            total += float(sum_pretraining_loss(network, windows, network(windows), schedule.config))
    loss = total / max(states, 1)
    return {"loss": loss, "perplexity": math.exp(min(loss, 100.0))}
