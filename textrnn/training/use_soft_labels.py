"""Soft labels become the targets of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from textrnn.metrics.soften import soften
from textrnn.text.ids import Ids


def use_soft_labels(ids: Ids, weight: float, temperature: float) -> Ids:
    """Put targets (N, C) float32 in the place of the training labels, where `ids` have soft labels.

    A target is `weight` times the soft label at the `temperature`, and the rest the label itself. The cross-entropy of
    it is, but for a constant, that mixture of the divergence (KL) from the soft label and the loss of the label
    (Hinton, Vinyals & Dean 2015, "Distilling the knowledge in a neural network").
    """
    if ids.soft is None or not weight:
        return ids
    own = np.eye(ids.target.outputs, dtype=np.float32)[ids.labels["train"]]
    mixed: NDArray[np.float32] = weight * soften(ids.soft, temperature) + np.float32(1 - weight) * own
    return replace(ids, labels={**ids.labels, "train": mixed.astype(np.float32)})
