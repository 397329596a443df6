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

EPSILON = 1e-30  # probabilities are clipped here; the cross-entropy still has a gradient
PROBE_NORM = 0.1  # mean token vectors: norm of the probe with which virtual adversarial training finds its direction


@dataclass(frozen=True)
class ForwardPasses:
    """The forward passes of one step: any number over the same texts, under the same dropout masks.

    `shared` maps a perturbation (T, B, E) or None to logits (B, C); its gradient is reduced over all processes. `alone`
    is the same without that. `directions` draws normal numbers of the shape (T, B, E).
    """

    shared: Callable[[Tensor | None], Tensor]
    alone: Callable[[Tensor | None], Tensor]
    directions: Callable[[int, int, int], Tensor]


def add_gradients(
    network: RecurrentClassifier, batch: Batch, forward_passes: ForwardPasses, config: TrainConfig, weight: float
) -> Tensor:
    """Add the gradients of the objective, summed over texts and times `weight`, to those of the weights.

    Returns the summed loss of `_loss`; rows of zeros among targets (B, C) of exclusive classes do not count. The
    objective also has, where their settings are above 0: `entropy` times the entropy of the predictions (Grandvalet &
    Bengio 2005); the loss under the worst perturbation of norm `adversarial` (Miyato et al. 2017); and the divergence
    between the predictions without a perturbation and with the one of norm `virtual_adversarial` that changes them most
    (Miyato et al. 2018), which needs no labels.
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
        predictions, worst = virtual
        (divergence(predictions, forward_passes.shared(worst)) * weight).backward()  # type: ignore[no-untyped-call]
    return loss.detach()


def _zero_perturbation(network: RecurrentClassifier, batch: Batch) -> Tensor:
    return torch.zeros(*batch.ids.shape, network.config.embedding_size, device=batch.ids.device, requires_grad=True)


def _directions(network: RecurrentClassifier, batch: Batch, forward_passes: ForwardPasses) -> Tensor:
    steps, texts = batch.ids.shape
    return forward_passes.directions(steps, texts, network.config.embedding_size)


def _loss(logits: Tensor, batch: Batch, config: TrainConfig) -> Tensor:
    """The loss (summed over texts) of `logits` (B, C) for the labels of `batch`, each text or class by its weight.

    Cross-entropy where classes exclude one another, plus the mean loss of the target's `class_groupings`; the mean
    over classes of each one's cross-entropy (multi); the squared error (number).
    """
    labels, target = batch.labels, batch.target
    assert labels is not None
    if target is not None and not target.exclusive:
        pair = (functional.mse_loss, functional.binary_cross_entropy_with_logits)[target.kind == "multi"]
        each = pair(logits, labels.to(logits.dtype), reduction="none")
        return (each if batch.weights is None else each * batch.weights).mean(dim=1).sum()
    grouped = target is not None and len(target.class_groupings) > 0
    if labels.dim() == 1 and batch.weights is None and not grouped:
        return functional.cross_entropy(logits, labels, reduction="sum", label_smoothing=config.label_smoothing)
    losses = functional.cross_entropy(logits, labels, reduction="none", label_smoothing=config.label_smoothing)
    if grouped:
        assert target is not None
        losses = losses + class_group_losses(logits, labels, target)
    if labels.dim() == 2:
        losses = losses * labels.any(dim=1)
    return (losses if batch.weights is None else losses * batch.weights).sum()


def class_group_losses(logits: Tensor, labels: Tensor, target: Target) -> Tensor:
    """Return (B,): the log loss of the group that a text's class is in, the mean over `target.class_groupings`.

    `labels` are (B,) class numbers or (B, C) targets. For steps of an order this is a ranked probability score with
    logarithms in place of squares; for levels of a path the likelihood of each ancestor (Bertinetto et al. 2020,
    "Making better mistakes").
    """
    groups = _group_members(target, logits.device)
    true = functional.one_hot(labels, logits.shape[1]).to(logits) if labels.dim() == 1 else labels
    log_likelihoods = (logits.softmax(dim=1) @ groups).clamp(min=EPSILON).log()
    return -(true @ groups * log_likelihoods).sum(dim=1) / len(target.class_groupings)


@lru_cache(maxsize=8)
def _group_members(target: Target, device: torch.device) -> Tensor:
    """Return (C, G) float32 on `device`: 1 where a class is in a group, the groups of every grouping side by side."""
    columns = [grouping == group for grouping in target.class_groupings for group in np.unique(grouping)]
    return torch.from_numpy(np.stack(columns, axis=1).astype(np.float32)).to(device)


def _virtual_perturbation(
    network: RecurrentClassifier, batch: Batch, forward_passes: ForwardPasses, config: TrainConfig
) -> tuple[Tensor, Tensor]:
    """The predictions (log probabilities), and the perturbation after one step of power iteration."""
    with torch.no_grad():
        predictions = forward_passes.alone(None).log_softmax(dim=1)
    probe = scale_perturbation(_directions(network, batch, forward_passes), batch, network, PROBE_NORM).requires_grad_()
    divergence(predictions, forward_passes.alone(probe)).backward()  # type: ignore[no-untyped-call]
    assert probe.grad is not None
    network.zero_grad(set_to_none=True)  # of this pass only the perturbation is used
    return predictions, scale_perturbation(probe.grad, batch, network, config.virtual_adversarial)
