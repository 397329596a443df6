"""`NetworkParts`: what each group of words adds to the recurrent branch; how it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.data.tabular import TabularFeatures

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class NetworkInput:
    """One text as the recurrent branch reads it: token `ids` (T,) int32, cut.

    `groups` (T,) int64 say which of the `count` G groups of words each token is part of; -1 of none: it stays where all
    words are left out. The features `tabular` are one row, None without any.
    """

    ids: NDArray[np.int32]
    groups: Int
    count: int
    tabular: TabularFeatures | None = None


@dataclass(frozen=True)
class NetworkParts:
    """What `words` (G,) and tabular `columns` (K,) add to (logits of the recurrent branch) @ weights, float64 each.

    The `base` is what it is without words, and with neutral columns.
    """

    words: Float
    columns: Float
    base: float


ExplainNetwork = Callable[[NetworkInput, Float], NetworkParts]  # the second: the weights (C,)
