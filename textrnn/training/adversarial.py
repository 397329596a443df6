"""Where a text's embedded tokens would have to move for the classifier to do worse.

Miyato, Dai & Goodfellow 2017, "Adversarial training methods for semi-supervised text classification": the worst step
of a given length, over all tokens of a text, to first order. They hold embeddings to unit variance, so that a network
cannot grow out of reach of a fixed length; here lengths are in units of the text's own mean token vector.
"""

from __future__ import annotations

import torch
from torch import Tensor

from textrnn.config.train import TrainConfig
from textrnn.nn.batch import Batch, mask_of
from textrnn.nn.classifier import RecurrentClassifier

EPSILON = 1e-12


def perturbation_size(config: TrainConfig) -> float:
    """How far adversarial training by `config` moves a text, in its mean token vectors; an `auto` not resolved is 0."""
    return 0.0 if config.adversarial == "auto" else config.adversarial


def scale_perturbation(direction: Tensor, batch: Batch, network: RecurrentClassifier, length: float) -> Tensor:
    """`direction` (T, B, D), zero at PAD, with each text's part scaled to `length` mean token vectors of that text.

    A direction of zeros stays zeros. No gradient flows through it.
    """
    with torch.no_grad():
        real = mask_of(batch.lengths, len(batch.ids)).unsqueeze(2)
        inside = direction.detach() * real
        sizes = network.embedding(batch.ids).norm(dim=2, keepdim=True) * real
        mean = sizes.sum(dim=0) / batch.lengths.clamp(min=1).unsqueeze(1)
        norm = inside.square().sum(dim=(0, 2)).sqrt().clamp(min=EPSILON)
        scaled: Tensor = inside * (length * mean / norm.unsqueeze(1))
    return scaled
