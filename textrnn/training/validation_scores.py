"""Validation scores after an epoch, from a network's logits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.metrics.losses import binary_cross_entropy
from textrnn.training.training_rows import standardise


def validation_scores(
    target: Target, logits: NDArray[np.float64], labels: NDArray[Any], weights: NDArray[np.float64] | None = None
) -> dict[str, float]:
    """`loss` and `target.score` of `logits` (N, C) for `labels` (N) as `encode_labels` has them, each text by its
    `weights` (N,).

    The loss is the cross-entropy in nats; of `multi` the mean over classes of each one's; of `number` the squared error
    in units of the target's deviation. Of `multi`, a class is said where its logit is above 0.
    """
    if target.kind == "number":
        values = standardise(target, labels).astype(np.float64)
        loss = _mean(np.square(logits - values), weights)
        spread = float(values.var()) if weights is None else _mean((values - _mean(values, weights)) ** 2, weights)
        return {"loss": loss, "r2": 1 - loss / spread if spread else 0.0}
    if target.kind == "multi":
        scores = logits > 0
        each = 1 if weights is None else weights[:, None]
        both, either = float((scores * labels * each).sum()), float((scores * each).sum() + (labels * each).sum())
        return {
            "loss": _mean(binary_cross_entropy(logits, labels), weights),
            "micro_f1": 2 * both / either if either else 1.0,
        }
    highest = logits.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(logits - highest).sum(axis=1)) + highest[:, 0]
    losses = log_total - logits[np.arange(len(labels)), labels]
    return {"loss": _mean(losses, weights), "accuracy": _mean(logits.argmax(axis=1) == labels, weights)}


def _mean(values: NDArray[Any], weights: NDArray[np.float64] | None) -> float:
    """The mean of `values` (N,) or (N, C), each row by its weight."""
    if weights is None:
        return float(values.mean())
    return float(np.average(values if values.ndim == 1 else values.mean(axis=1), weights=weights))
