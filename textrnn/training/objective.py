"""What a training step descends: the loss of its texts, and what the settings add to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from textrnn.config.train import TrainConfig
from textrnn.nn.batch import Batch
from textrnn.nn.classifier import RecurrentClassifier
from textrnn.training.adversarial import divergence, scaled_to

PROBE = 0.1  # mean token vectors: how far virtual adversarial training looks for its direction


@dataclass(frozen=True)
class Readings:
    """How a step reads its texts: any number of times, under the same dropout masks.

    `shared` takes a nudge (T, B, D) or None to logits (B, C), its gradient shared with other processes; `alone` is the
    same without sharing. `directions` draws normal numbers of the shape (T, B, D) that it is given.
    """

    shared: Callable[[Tensor | None], Tensor]
    alone: Callable[[Tensor | None], Tensor]
    directions: Callable[[int, int, int], Tensor]


def add_gradients(
    network: RecurrentClassifier, batch: Batch, readings: Readings, config: TrainConfig, weight: float
) -> float:
    """Add to the weights' gradients those of the objective, summed over texts and times `weight`; the summed loss.

    The loss is cross-entropy with class numbers or targets; rows of zeros among the targets say nothing. To it are
    added, where their settings are above 0: `entropy` times the entropy of the answers (Grandvalet & Bengio 2005); the
    loss of the same texts nudged by `adversarial` to the worst (Miyato et al. 2017); and the divergence between the
    answers as they are and nudged by `virtual_adversarial` to where they change most (Miyato et al. 2018), which needs
    no labels.
    """
    virtual = _virtual_nudge(network, batch, readings, config) if config.virtual_adversarial else None
    nudge = torch.zeros_like(_directions(network, batch, readings)).requires_grad_() if config.adversarial else None
    logits = readings.shared(nudge)
    loss = _loss(logits, batch, config)
    total = loss
    if config.entropy:
        log = logits.log_softmax(dim=1)
        total = loss - config.entropy * (log.exp() * log).sum()
    (total * weight).backward()  # type: ignore[no-untyped-call]
    if nudge is not None:
        assert nudge.grad is not None
        worst = scaled_to(nudge.grad, batch, network, config.adversarial)
        (_loss(readings.shared(worst), batch, config) * weight).backward()  # type: ignore[no-untyped-call]
    if virtual is not None:
        answers, worst = virtual
        (divergence(answers, readings.shared(worst)) * weight).backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def _directions(network: RecurrentClassifier, batch: Batch, readings: Readings) -> Tensor:
    steps, texts = batch.ids.shape
    return readings.directions(steps, texts, network.config.embedding_size)


def _loss(logits: Tensor, batch: Batch, config: TrainConfig) -> Tensor:
    """Cross-entropy (summed) of `logits` (B, C) with the labels or targets of `batch`."""
    targets = batch.labels
    assert targets is not None
    if targets.dim() == 1:
        return functional.cross_entropy(logits, targets, reduction="sum", label_smoothing=config.label_smoothing)
    losses = functional.cross_entropy(logits, targets, reduction="none", label_smoothing=config.label_smoothing)
    return (losses * targets.any(dim=1)).sum()


def _virtual_nudge(
    network: RecurrentClassifier, batch: Batch, readings: Readings, config: TrainConfig
) -> tuple[Tensor, Tensor]:
    """The answers (log probabilities) as they are, and the nudge after one step of power iteration."""
    with torch.no_grad():
        answers = readings.alone(None).log_softmax(dim=1)
    probe = scaled_to(_directions(network, batch, readings), batch, network, PROBE).requires_grad_()
    divergence(answers, readings.alone(probe)).backward()  # type: ignore[no-untyped-call]
    assert probe.grad is not None
    network.zero_grad(set_to_none=True)  # of this reading only the nudge is wanted
    return answers, scaled_to(probe.grad, batch, network, config.virtual_adversarial)
