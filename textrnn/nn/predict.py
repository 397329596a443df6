"""Logits of many texts: batches by length, in the order the texts came."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from textrnn.config.train import Keep
from textrnn.nn.batch import assemble, cut_lengths
from textrnn.nn.batching import sorted_batches
from textrnn.nn.classifier import RecurrentClassifier
from textrnn.text.ragged import Ragged

MAX_CELLS = 1 << 15  # steps times texts in one batch: 64 MB of activations at 128 units a direction
MAX_TEXTS = 256


def compute_logits(
    network: RecurrentClassifier,
    rows: Ragged,
    *,
    max_tokens: int,
    keep: Keep = "head",
    on_batch: Callable[[int], None] | None = None,
) -> NDArray[np.float64]:
    """Logits (N, C) float64 of `rows` (N), cut to `max_tokens`, without dropout.

    `on_batch` is told the number of texts of each batch that is done, and may raise to stop.
    """
    device = next(network.parameters()).device
    outputs = network.head.out_features
    logits = np.zeros((len(rows), outputs), dtype=np.float64)
    with torch.inference_mode():
        for indices in sorted_batches(cut_lengths(rows, max_tokens), MAX_CELLS, MAX_TEXTS):
            batch = assemble(rows, indices, max_tokens=max_tokens, keep=keep).to(device)
            logits[indices] = network(batch).cpu().numpy()
            if on_batch is not None:
                on_batch(len(indices))
    return logits
