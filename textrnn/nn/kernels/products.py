"""The input products of tokens, once for each: what a table for prediction is made of.

A batch of 16,000 tokens holds some 3,000 different ones, and where nothing is dropped from an embedding its product
with the input weights depends on the token alone. That is nearly half of the arithmetic of reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from textrnn.machine.workers import Workers

AT_ONCE = 1 << 20  # tokens
LARGEST_TABLE = 128 << 20  # bytes; 30,000 tokens at 128 units each way


def bytes_of_table(tokens: int, directions: int, size: int) -> int:
    """How much the products of so many `tokens` take at most, in float32, for `directions` cells of `size` units."""
    return tokens * directions * 4 * size * 4


def present_among(ids: NDArray[np.integer[Any]], vocabulary_size: int) -> Tensor:
    """(V,) bool: which tokens are among `ids`; without the sorting of `unique`.

    Part by part, since indexing makes numbers of 8 bytes of those of 4.
    """
    flat, present = ids.reshape(-1), np.zeros(vocabulary_size, dtype=bool)
    for start in range(0, len(flat), AT_ONCE):
        present[flat[start : start + AT_ONCE]] = True
    return torch.from_numpy(present)


def places_of(present: Tensor) -> tuple[Tensor, Tensor]:
    """The tokens that are `present` (V,) bool, (n,) int64, and of each token its place among them (V,)."""
    different = present.nonzero().flatten()
    places = torch.zeros(len(present), dtype=torch.int64)
    places[different] = torch.arange(len(different))
    return different, places


def products_of(x: Tensor, factors: Sequence[Tensor], workers: Workers | None) -> Tensor:
    """(D, n, F): `x` (n, E) times each of the D `factors` (E, F), which `workers` share."""
    products = x.new_empty(len(factors), len(x), factors[0].shape[1])
    tasks = [partial(_multiply, x, factor, out) for factor, out in zip(factors, products, strict=True)]
    if workers is None:
        for task in tasks:
            task()
    else:
        workers.run(tasks)
    return products


def _multiply(x: Tensor, y: Tensor, out: Tensor) -> None:
    with torch.inference_mode(out.is_inference()), torch.no_grad():  # modes are a thread's own
        torch.mm(x, y, out=out)
