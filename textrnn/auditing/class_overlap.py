"""Classes that look alike: models that have not seen a text take one for the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target

MIN_CONFUSED_SHARE = 0.2  # of the rows of both classes
MIN_TEXTS = 5  # that are taken for the other
MAX_PAIRS = 20  # pairs at most


@dataclass(frozen=True)
class ClassOverlap:
    """Two classes, by number: `confused` texts of one are taken for the other, of `texts` that have either."""

    first: int
    second: int
    confused: int
    texts: int

    @property
    def share(self) -> float:
        """The share of the texts that are taken for the other class."""
        return self.confused / self.texts


def find_class_overlaps(target: Target, labels: NDArray[Any], expected: NDArray[Any]) -> list[ClassOverlap]:
    """Find the pairs of classes with the largest overlap; `labels` (N,) and those `expected` (N,) are class numbers.

    Targets whose classes do not exclude one another have none.
    """
    if not target.exclusive:
        return []
    texts = np.bincount(labels, minlength=target.outputs)
    wrong = np.flatnonzero(labels != expected)
    low, high = np.minimum(labels[wrong], expected[wrong]), np.maximum(labels[wrong], expected[wrong])
    pairs, confused = np.unique(low * target.outputs + high, return_counts=True)
    found = [
        ClassOverlap(first, second, number, int(texts[first] + texts[second]))
        for (first, second), number in zip(
            (divmod(pair, target.outputs) for pair in pairs.tolist()), confused.tolist(), strict=True
        )
        if number >= MIN_TEXTS
    ]
    found = [pair for pair in found if pair.share >= MIN_CONFUSED_SHARE]
    return sorted(found, key=lambda pair: (-pair.share, pair.first, pair.second))[:MAX_PAIRS]
