"""Logits of many texts: batches by length, a thread a batch, in the order in which the texts came."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from textrnn.config.train import Truncation
from textrnn.data.tabular import TabularFeatures
from textrnn.inference.batches import Batch, cut_rows, plan_batches
from textrnn.inference.engine import Engine
from textrnn.machine.hardware import thread_count
from textrnn.machine.workers import in_order, run_all, start_threads
from textrnn.text.ragged import Ragged

MIN_TOKENS_FOR_THREADS = 2048  # which one thread has read before another has begun


def compute_logits(
    engine: Engine,
    rows: Ragged,
    *,
    max_tokens: int,
    truncation: Truncation = "head",
    on_batch: Callable[[int], None] | None = None,
    tabular: TabularFeatures | None = None,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Returns the logits (N, C) float64 of token ids `rows` (N), cut to `max_tokens`, with the features `tabular` (N).

    Computed in float32. Where kernels compute, the logits of a text do not depend on the others, to the bit, and each
    batch is computed by a thread of its own: of `threads`, if given, else as many as `OMP_NUM_THREADS` says, else one a
    core. `on_batch` is told the number of texts of each batch that is done, in the caller's thread, and may raise to
    stop. Raises IndexError for a token id that the network does not know.
    """
    logits = np.zeros((len(rows), engine.network.outputs), dtype=np.float64)
    texts = cut_rows(rows, max_tokens, truncation)
    ids = np.ascontiguousarray(texts.flat[int(texts.offsets[0]) : int(texts.offsets[-1])], dtype=np.int32)
    texts = Ragged(ids, texts.offsets - texts.offsets[0])
    count = (threads or thread_count()) if engine.is_native and len(ids) > MIN_TOKENS_FOR_THREADS else 1
    batches = list(plan_batches(texts, count))
    with start_threads(min(count, len(batches)), _nothing, "textrnn-predict") as workers:
        first = None if engine.tokens is None else engine.tokens.find(ids, partial(run_all, workers))

        def compute(batch: Batch) -> int:
            logits[batch.texts] = engine.logits(ids, first, batch, tabular)
            return len(batch.texts)

        for done in in_order(workers, compute, batches):
            if on_batch is not None:
                on_batch(done)
    return logits


def _nothing() -> None:
    """A thread needs no setting: a kernel makes its own."""
