"""What training looks at after an epoch: the loss and the score of a network's logits on validation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.metrics.losses import binary_losses
from textrnn.training.rows import standardise


def validation_scores(target: Target, logits: NDArray[np.float64], labels: NDArray[Any]) -> dict[str, float]:
    """`loss` and `target.score` of `logits` (N, C) for `labels` (N) as `encode_labels` has them.

    The loss is the cross-entropy in nats; of `multi` the mean over classes of each one's; of `number` the squared error
    in units of the target's deviation. Of `multi`, a class is said where its logit is above 0.
    """
    if target.kind == "number":
        values = standardise(target, labels).astype(np.float64)
        loss = float(np.square(logits - values).mean())
        spread = float(values.var())
        return {"loss": loss, "r2": 1 - loss / spread if spread else 0.0}
    if target.kind == "multi":
        said = logits > 0
        both, either = float((said * labels).sum()), float(said.sum() + labels.sum())
        return {"loss": float(binary_losses(logits, labels).mean()), "micro_f1": 2 * both / either if either else 1.0}
    highest = logits.max(axis=1, keepdims=True)
    log_total = np.log(np.exp(logits - highest).sum(axis=1)) + highest[:, 0]
    losses = log_total - logits[np.arange(len(labels)), labels]
    return {"loss": float(losses.mean()), "accuracy": float((logits.argmax(axis=1) == labels).mean())}
