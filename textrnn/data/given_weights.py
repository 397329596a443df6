"""What each row counts, as Python code hands it over."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.plain import as_column
from textrnn.errors import DataError, DataTypeError

NAME = "sample_weight"


def as_weights(given: Any, rows: int) -> NDArray[np.float64] | None:
    """What each of N `rows` counts, (N,) float64 from 0, from whatever holds one a row, or one number for all.

    None where nothing is given. Raises DataTypeError for what is no numbers; DataError for another number of them, for
    one below 0 or not finite, and where all are 0.
    """
    if given is None:
        return None
    if isinstance(given, (int, float, np.number)) and not isinstance(given, bool):
        given = [given] * rows
    cells = as_column(given, NAME, "number")
    if len(cells) != rows:
        raise DataError(f"{NAME}: expected one number a row, {rows:,}, found {len(cells):,}")
    if (odd := next((cell for cell in cells if not _is_number(cell)), 0)) != 0:
        raise DataTypeError(f"{NAME}: expected numbers, found {odd!r:.80}")
    weights = np.array(cells, dtype=np.float64)
    if not np.isfinite(weights).all() or (weights < 0).any():
        found = weights[~(np.isfinite(weights) & (weights >= 0))][0]
        raise DataError(f"{NAME}: expected finite numbers, none below 0, found {found:g}")
    if rows and not weights.any():
        raise DataError(f"{NAME}: expected a number above 0 among them, found 0 alone")
    return weights


def _is_number(cell: object) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)
