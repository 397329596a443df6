"""The objective of a training step: the loss of its texts plus what the settings add to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from textrnn.config.train import TrainConfig
from textrnn.data.target import Target
from textrnn.nn.batch import Batch
from textrnn.nn.classifier import RecurrentClassifier
from textrnn.training.adversarial import divergence, perturbation_size, scale_perturbation

TINY = 1e-30  # a probability below has no logarithm to speak of; the classes' own loss still has a gradient
PROBE = 0.1  # mean token vectors: how far virtual adversarial training looks for its direction


@dataclass(frozen=True)
class ForwardPasses:
    """How a step reads its texts: any number of times, under the same dropout masks.

    `shared` takes a nudge (T, B, D) or None to logits (B, C), its gradient shared with other processes; `alone` is the
    same without sharing. `directions` draws normal numbers of the shape (T, B, D) that it is given.
    """

    shared: Callable[[Tensor | None], Tensor]
    alone: Callable[[Tensor | None], Tensor]
    directions: Callable[[int, int, int], Tensor]


def add_gradients(
    network: RecurrentClassifier, batch: Batch, forward_passes: ForwardPasses, config: TrainConfig, weight: float
) -> Tensor:
    """Add to the weights' gradients those of the objective, summed over texts and times `weight`; the summed loss.

    The loss is that of `_loss`; rows of zeros among targets (B, C) of exclusive classes say nothing. To it are
    added, where their settings are above 0: `entropy` times the entropy of the answers (Grandvalet & Bengio 2005); the
    loss of the same texts nudged by `adversarial` to the worst (Miyato et al. 2017); and the divergence between the
    answers as they are and nudged by `virtual_adversarial` to where they change most (Miyato et al. 2018), which needs
    no labels.
    """
    virtual = _virtual_perturbation(network, batch, forward_passes, config) if config.virtual_adversarial else None
    length = perturbation_size(config)
    perturbation = _zero_perturbation(network, batch) if length else None
    logits = forward_passes.shared(perturbation)
    loss = _loss(logits, batch, config)
    total = loss
    if config.entropy:
        log = logits.log_softmax(dim=1)
        total = loss - config.entropy * (log.exp() * log).sum()
    (total * weight).backward()  # type: ignore[no-untyped-call]
    if perturbation is not None:
        assert perturbation.grad is not None
        worst = scale_perturbation(perturbation.grad, batch, network, length)
        (_loss(forward_passes.shared(worst), batch, config) * weight).backward()  # type: ignore[no-untyped-call]
    if virtual is not None:
        answers, worst = virtual
        (divergence(answers, forward_passes.shared(worst)) * weight).backward()  # type: ignore[no-untyped-call]
    return loss.detach()


def _zero_perturbation(network: RecurrentClassifier, batch: Batch) -> Tensor:
    return torch.zeros(*batch.ids.shape, network.config.embedding_size, device=batch.ids.device, requires_grad=True)


def _directions(network: RecurrentClassifier, batch: Batch, forward_passes: ForwardPasses) -> Tensor:
    steps, texts = batch.ids.shape
    return forward_passes.directions(steps, texts, network.config.embedding_size)


def _loss(logits: Tensor, batch: Batch, config: TrainConfig) -> Tensor:
    """The loss (summed over texts) of `logits` (B, C) for the labels of `batch`, each text or class by its weight.

    Cross-entropy where classes exclude one another, with the mean loss of the target's `partitions` added; the mean
    over classes of each one's cross-entropy (multi); the squared error (number).
    """
    labels, target = batch.labels, batch.target
    assert labels is not None
    if target is not None and not target.exclusive:
        pair = (functional.mse_loss, functional.binary_cross_entropy_with_logits)[target.kind == "multi"]
        each = pair(logits, labels.to(logits.dtype), reduction="none")
        return (each if batch.weights is None else each * batch.weights).mean(dim=1).sum()
    apart = target is not None and len(target.partitions) > 0
    if labels.dim() == 1 and batch.weights is None and not apart:
        return functional.cross_entropy(logits, labels, reduction="sum", label_smoothing=config.label_smoothing)
    losses = functional.cross_entropy(logits, labels, reduction="none", label_smoothing=config.label_smoothing)
    if apart:
        assert target is not None
        losses = losses + partition_losses(logits, labels, target)
    if labels.dim() == 2:
        losses = losses * labels.any(dim=1)
    return (losses if batch.weights is None else losses * batch.weights).sum()


def partition_losses(logits: Tensor, labels: Tensor, target: Target) -> Tensor:
    """(B,): the log loss of the part that a text is in, in the mean over the ways that `target.partitions` part its
    classes.

    `labels` (B,) class numbers or (B, C) targets. For steps of an order this is a ranked score with logarithms in place
    of squares; for levels of a path the likelihood of each ancestor (Bertinetto et al. 2020, "Making better mistakes").
    """
    parts = _parts(target, logits.device)
    true = functional.one_hot(labels, logits.shape[1]).to(logits) if labels.dim() == 1 else labels
    log_likelihoods = (logits.softmax(dim=1) @ parts).clamp(min=TINY).log()
    return -(true @ parts * log_likelihoods).sum(dim=1) / len(target.partitions)


@lru_cache(maxsize=8)
def _parts(target: Target, device: torch.device) -> Tensor:
    """(C, P) float32 on `device`: 1 where a class is in a part, the parts of every partition side by side."""
    columns = [partition == part for partition in target.partitions for part in np.unique(partition)]
    return torch.from_numpy(np.stack(columns, axis=1).astype(np.float32)).to(device)


def _virtual_perturbation(
    network: RecurrentClassifier, batch: Batch, forward_passes: ForwardPasses, config: TrainConfig
) -> tuple[Tensor, Tensor]:
    """The answers (log probabilities) as they are, and the nudge after one step of power iteration."""
    with torch.no_grad():
        answers = forward_passes.alone(None).log_softmax(dim=1)
    probe = scale_perturbation(_directions(network, batch, forward_passes), batch, network, PROBE).requires_grad_()
    divergence(answers, forward_passes.alone(probe)).backward()  # type: ignore[no-untyped-call]
    assert probe.grad is not None
    network.zero_grad(set_to_none=True)  # of this reading only the nudge is wanted
    return answers, scale_perturbation(probe.grad, batch, network, config.virtual_adversarial)
