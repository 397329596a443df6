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
from textrnn.training.adversarial import perturbation_size, scale_perturbation

EPSILON = 1e-30  # probabilities are clipped here; the cross-entropy still has a gradient


@dataclass(frozen=True)
class ForwardPasses:
    """The forward passes of one step: any number over the same texts, under the same dropout masks.

    `shared` maps a perturbation (T, B, E) or None to logits (B, C); its gradient is reduced over all processes.
    """

    shared: Callable[[Tensor | None], Tensor]


def add_gradients(
    network: RecurrentClassifier, batch: Batch, forward_passes: ForwardPasses, config: TrainConfig, weight: float
) -> Tensor:
    """Add the gradients of the objective, summed over texts and times `weight`, to those of the weights.

    Returns the summed loss of `_loss`; rows of zeros among targets (B, C) of exclusive classes do not count. The
    objective also has, where `adversarial` is above 0, the loss under the worst perturbation of that norm (Miyato et
    al. 2017).
    """
    length = perturbation_size(config)
    perturbation = _zero_perturbation(network, batch) if length else None
    logits = forward_passes.shared(perturbation)
    loss = _loss(logits, batch, config)
    (loss * weight).backward()  # type: ignore[no-untyped-call]
    if perturbation is not None:
        assert perturbation.grad is not None
        worst = scale_perturbation(perturbation.grad, batch, network, length)
        (_loss(forward_passes.shared(worst), batch, config) * weight).backward()  # type: ignore[no-untyped-call]
    return loss.detach()


def _zero_perturbation(network: RecurrentClassifier, batch: Batch) -> Tensor:
    return torch.zeros(*batch.ids.shape, network.config.embedding_size, device=batch.ids.device, requires_grad=True)


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
