"""Logits of many texts by the torch network: the validation inside training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from textrnn.config.train import Truncation
from textrnn.data.tabular import TabularFeatures
from textrnn.machine.workers import Workers, in_order
from textrnn.nn.batch import assemble, cut_lengths
from textrnn.nn.batching import sorted_batches
from textrnn.nn.classifier import RecurrentClassifier
from textrnn.nn.workers import start_workers
from textrnn.text.ragged import Ragged

MAX_CELLS = 1 << 15  # steps times texts in one batch
SMALL_BATCH_CELLS = 1 << 14
MAX_TEXTS = 128


def compute_logits(
    network: RecurrentClassifier,
    rows: Ragged,
    *,
    max_tokens: int,
    truncation: Truncation = "head",
    on_batch: Callable[[int], None] | None = None,
    workers: Workers | None = None,
    deal: slice = slice(None),
    tabular: TabularFeatures | None = None,
) -> NDArray[np.float64]:
    """Logits (N, C) float64 of `rows` (N), cut to `max_tokens`, with the features `tabular` (N), without dropout.

    On the CPU each batch is computed by one thread: by those of `workers`, else by as many as torch
    would use. `on_batch` is told the number of texts of each batch that is done, in the caller's
    thread, and may raise to stop. `deal` says which of the batches are computed; the rows of the others stay 0.
    """
    device = next(network.parameters()).device
    logits = np.zeros((len(rows), network.head.out_features), dtype=np.float64)
    lengths = cut_lengths(rows, max_tokens)
    # some batches for each thread, so that none waits long for the last
    cells = min(MAX_CELLS, max(int(lengths.sum()) // (4 * torch.get_num_threads()), SMALL_BATCH_CELLS))
    batches = sorted_batches(lengths, cells, MAX_TEXTS)[deal]

    def compute(indices: NDArray[np.int64]) -> int:
        with torch.inference_mode():
            batch = assemble(rows, indices, max_tokens=max_tokens, truncation=truncation, tabular=tabular).to(device)
            logits[indices] = network(batch).cpu().numpy()
        return len(indices)

    count = min(torch.get_num_threads(), len(batches)) if device.type == "cpu" and workers is None else 1
    with start_workers(count) as started:
        for done in in_order(workers or started, compute, batches):
            if on_batch is not None:
                on_batch(done)
    return logits
