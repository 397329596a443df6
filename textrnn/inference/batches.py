"""Batches of token ids: ragged, the longest text first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.train import Truncation
from textrnn.text.ragged import Ragged, offsets_of

MAX_TOKENS = 1 << 15  # tokens of a batch
MAX_TEXTS = 192  # a multiple of the rows that a kernel multiplies at once


@dataclass(frozen=True)
class Batch:
    """B texts of a window: text b is the `lengths[b]` tokens from `starts[b]` on of the window; lengths fall.

    `texts` (B,) int64 are their numbers in the window. What is made of their tokens stands from `places[b]` on.
    """

    texts: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def places(self) -> NDArray[np.int64]:
        """(B,) int64: where the tokens of each text stand among the batch's own."""
        return offsets_of(self.lengths)[:-1]

    @property
    def tokens(self) -> int:
        """The number of tokens of all texts."""
        return int(self.lengths.sum())

    def positions(self) -> NDArray[np.int64]:
        """(tokens,) int64: where each token of the batch stands in the window."""
        return np.repeat(self.starts - self.places, self.lengths) + np.arange(self.tokens)


def cut_rows(rows: Ragged, max_tokens: int, truncation: Truncation) -> Ragged:
    """Returns `rows` cut to `max_tokens`: of a longer row its head, its tail, or half of both.

    >>> from textrnn.text.ragged import ragged
    >>> cut = cut_rows(ragged([[1, 2, 3, 4], [5]]), 3, "both")
    >>> cut[0].tolist(), cut[1].tolist()
    ([1, 2, 4], [5])
    """
    lengths = rows.lengths
    kept = np.minimum(lengths, max_tokens)
    if int(kept.sum()) == len(rows.flat) == int(lengths.sum()):
        return rows
    offsets = offsets_of(kept)
    within = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], kept)
    source = within + np.repeat(rows.offsets[:-1], kept)
    excess = np.repeat(lengths - kept, kept)
    if truncation == "tail":
        source += excess
    elif truncation == "both":
        source += np.where(within < (max_tokens + 1) // 2, 0, excess)
    return Ragged(np.ascontiguousarray(rows.flat[source], dtype=np.int32), offsets)


def plan_batches(rows: Ragged, workers: int) -> Iterator[Batch]:
    """Yields the batches of a window of `rows`: texts of like lengths together, the longest first.

    There are some batches for each of the `workers`, so that none waits long for the last.
    """
    lengths = rows.lengths
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    total = int(ends[-1]) if len(ends) else 0
    most = min(MAX_TOKENS, max(total // (4 * workers), MAX_TOKENS // 16)) if workers > 1 else MAX_TOKENS
    start = 0
    while start < len(order):
        before = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, before + most, side="right"))
        stop = min(max(stop, start + 1), start + MAX_TEXTS, len(order))
        texts = order[start:stop]
        yield Batch(texts, np.ascontiguousarray(rows.offsets[texts]), np.ascontiguousarray(lengths[texts]))
        start = stop
