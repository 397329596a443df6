"""A group of rows by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Group:
    """Rows that are alike: `members` (N,) bool, the `kind` of what they share, and its `name` in words."""

    kind: str
    name: str
    members: NDArray[np.bool_]
