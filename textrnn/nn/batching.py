"""Which texts stand together: batches of like lengths, a pure function of (seed, epoch)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from textrnn.nn.batch import steps_of

WINDOW_BATCHES = 100  # batches whose texts are sorted together: little padding, much chance


def plan_batches(lengths: NDArray[np.int64], batch_size: int, *, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """The batches of one epoch: every row of `lengths` (N,) once, in an order drawn from (seed, epoch).

    Texts are shuffled, sorted by length within windows of 100 batches, cut into batches, and the
    batches shuffled. All batches have `batch_size` rows but at most one.
    """
    chance = np.random.Generator(np.random.PCG64([seed, epoch]))
    order = chance.permutation(len(lengths))
    window = WINDOW_BATCHES * batch_size
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), window):
        near = order[start : start + window]
        near = near[np.argsort(lengths[near], kind="stable")]
        batches.extend(near[i : i + batch_size] for i in range(0, len(near), batch_size))
    return [batches[i] for i in chance.permutation(len(batches))]


def sorted_batches(lengths: NDArray[np.int64], max_cells: int, max_texts: int) -> list[NDArray[np.int64]]:
    """Batches for reading without training: rows sorted by length, the longest first.

    No batch has more than `max_texts` rows or `max_cells` cells (rows times the longest length).
    """
    order = np.argsort(-lengths, kind="stable")
    batches = []
    start = 0
    while start < len(order):
        longest = max(int(lengths[order[start]]), 1)
        size = max(1, min(max_texts, max_cells // longest))
        batches.append(order[start : start + size])
        start += size
    return batches


def padding_waste(lengths: NDArray[np.int64], batches: list[NDArray[np.int64]], stride: int = 1) -> float:
    """The share of the cells of `batches`, each of a multiple of `stride` steps, that hold padding.

    >>> round(padding_waste(np.array([3, 1]), [np.array([0, 1])]), 3)
    0.333
    """
    cells = sum(len(batch) * steps_of(lengths[batch], stride) for batch in batches)
    real = sum(int(lengths[batch].sum()) for batch in batches)
    return 1 - real / cells if cells else 0.0
