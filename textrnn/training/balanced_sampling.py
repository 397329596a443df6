"""Unequal classes: how often a text of a rare one is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def sample_balanced(labels: NDArray[Any], *, seed: int, epoch: int) -> NDArray[np.int64]:
    """N row numbers, drawn so that every class of the N `labels` comes as often as any other, to one.

    A class's rows come in a new random order each time round, so that none comes twice before all came once. `labels`
    are class numbers (N,) or targets (N, C), of which the rarest class that a row has is its class here.
    """
    codes = labels if labels.ndim == 1 else rarest_class(labels)
    draw = np.random.default_rng([seed, epoch, 0xBA1A])
    found = np.unique(codes)
    drawn = []
    for place, code in enumerate(found.tolist()):
        members = np.flatnonzero(codes == code)
        total_count = len(codes) // len(found) + (place < len(codes) % len(found))
        rounds = -(-total_count // len(members))
        drawn.append(np.concatenate([draw.permutation(members) for _ in range(rounds)])[:total_count])
    return draw.permutation(np.concatenate(drawn)).astype(np.int64)


def rarest_class(members: NDArray[Any]) -> NDArray[np.int64]:
    """The rarest class that each of N texts has, (N,), -1 for none; `members` (N, C), above 0 where it has one."""
    counts = members.sum(axis=0, dtype=np.float64)
    rarest: NDArray[np.int64] = np.where(members > 0, counts, np.inf).argmin(axis=1)
    return np.where(members.any(axis=1), rarest, -1)
