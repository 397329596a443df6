"""A layer split into parts that threads compute: by direction, by share of the texts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor

from textrnn.machine.workers import Workers
from textrnn.nn.kernels.kernel import Layer
from textrnn.nn.workers import Task, run_parallel

MIN_TEXTS = 16  # a part of a batch with fewer leaves a matrix product too little to do


def compute_parts(layer: Layer, task: Callable[[int, int, int], Task]) -> list[Tensor]:
    """Returns for each direction what `task(direction, start, stop)` gives, the texts side by side (dimension 1).

    `start` and `stop` are the first text of a part and the one behind its last.
    """
    ways = len(layer.weights)
    parts = parts_of(len(layer.lengths), ways, layer.workers)
    done = run_parallel(layer.workers, [task(way, *part) for way in range(ways) for part in parts])
    return [
        done[i] if len(parts) == 1 else torch.cat(done[i : i + len(parts)], dim=1)
        for i in range(0, len(done), len(parts))
    ]


def parts_of(texts: int, ways: int, workers: Workers | None) -> list[tuple[int, int]]:
    """Returns the parts of `texts` columns that `workers` read in `ways` directions at once: starts and ends."""
    return split_texts(texts, workers.count // ways) if workers else [(0, texts)]


def split_texts(texts: int, wanted: int) -> list[tuple[int, int]]:
    """Returns `texts` columns in at most `wanted` parts of like sizes, none with fewer than 16: starts and ends.

    >>> split_texts(64, 1), split_texts(50, 2), split_texts(20, 4)
    ([(0, 64)], [(0, 25), (25, 50)], [(0, 20)])
    """
    count = max(min(wanted, texts // MIN_TEXTS), 1)
    ends = [texts * i // count for i in range(count + 1)]
    return list(pairwise(ends))
