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
from textrnn.nn.encoder_pretraining import LanguageModel, Reading
from textrnn.nn.sampled_softmax import sampled_loss
from textrnn.nn.workers import at_once
from textrnn.training.context_windows import ContextWindows
from textrnn.training.objective import ForwardPasses
from textrnn.training.precision import autocast
from textrnn.training.schedule import Schedule

HELD_OUT = 1_000  # texts of validation that an epoch is scored on


def add_pretraining_loss(
    network: LanguageModel,
    reading: Reading,
    forward_passes: ForwardPasses,
    config: TrainConfig,
    weight: float,
    *,
    workers: Workers | None = None,
) -> Tensor:
    """Add the gradients of a state's mean loss, counted once for each text of `reading`, times `weight`; the loss so
    counted.
    """
    texts, states = len(reading.batch.lengths), sum(len(wanted.places) for wanted in reading.wanted)
    if not states:
        return torch.zeros(())
    loss = sum_pretraining_loss(network, reading, forward_passes.shared(None), config, workers) * (texts / states)
    (loss * weight).backward()  # type: ignore[no-untyped-call]
    return loss.detach()


def sum_pretraining_loss(
    network: LanguageModel, reading: Reading, outputs: Tensor, config: TrainConfig, workers: Workers | None = None
) -> Tensor:
    """The loss of `outputs` (N, E), summed over the states of `reading`."""
    dtype = torch.bfloat16 if config.precision == "bfloat16" else torch.float32
    rows, bias = network.rows_of(reading)
    parts = torch.split(outputs, [len(wanted.places) for wanted in reading.wanted])
    tasks = [
        (partial(_loss_of, dtype=dtype), (states, rows, bias, wanted.cells, wanted.shares))
        for states, wanted in zip(parts, reading.wanted, strict=True)
    ]
    return torch.stack(at_once(workers, tasks)).sum()


def _loss_of(states: Tensor, rows: Tensor, bias: Tensor, cells: Tensor, shares: Tensor, dtype: torch.dtype) -> Tensor:
    return sampled_loss(states, rows, bias, cells, shares, dtype)


def held_out_scores(
    network: LanguageModel, feed: ContextWindows, schedule: Schedule, on_batch: Callable[[], None]
) -> dict[str, float]:
    """Loss and perplexity, a state, of the first texts of `feed`, without dropout."""
    total, states = 0.0, 0
    kept = np.arange(min(len(feed.rows), HELD_OUT))
    kept = kept[np.argsort(feed.lengths[kept], kind="stable")]
    with torch.no_grad(), autocast(schedule.precision, schedule.device):
        for start in range(0, len(kept), schedule.config.batch_size):
            on_batch()
            reading = feed.batch(kept[start : start + schedule.config.batch_size]).to(torch.device(schedule.device))
            states += sum(len(wanted.places) for wanted in reading.wanted)
            total += float(sum_pretraining_loss(network, reading, network(reading), schedule.config))
    loss = total / max(states, 1)
    return {"loss": loss, "perplexity": math.exp(min(loss, 100.0))}
