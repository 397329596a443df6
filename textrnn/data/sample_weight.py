"""`sample_weight` from Python callers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.python_columns import as_column, as_float
from textrnn.data.readers.wording import format_row, quote
from textrnn.errors import DataError, DataTypeError

PARAMETER = "sample_weight"


def parse_sample_weight(values: Any, rows: int) -> NDArray[np.float64] | None:
    """Parse sample weights of N `rows` to (N,) float64, each at least 0; a scalar applies to all rows.

    Booleans are 1 or 0. Returns None if `values` is None. Raises DataTypeError for values that are not numbers;
    DataError for a wrong count, for a weight that is missing, negative or not finite, and if all are 0.
    """
    if values is None:
        return None
    if isinstance(values, (int, float, np.number)) and not isinstance(values, bool):
        values = [values] * rows
    cells = as_column(values, PARAMETER, "number")
    if len(cells) != rows:
        raise DataError(f"{PARAMETER}: expected one number a row, {rows:,}, found {len(cells):,}")
    for row, cell in enumerate(cells, start=1):
        if cell is None:
            raise DataError(
                f"{PARAMETER}, {format_row(row)}: expected a number, found a missing value (None, NaN or NA); "
                "give weight 0 to ignore the row"
            )
        if not isinstance(cell, (int, float)):
            raise DataTypeError(f"{PARAMETER}, {format_row(row)}: expected a number, found {quote(cell)}")
    weights = np.array([as_float(cell) for cell in cells], dtype=np.float64)
    if (odd := np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))).size:
        place = format_row(int(odd[0]) + 1)
        raise DataError(f"{PARAMETER}, {place}: expected a finite number, not below 0, found {weights[odd[0]]:g}")
    if rows and not weights.any():
        raise DataError(f"{PARAMETER}: expected a weight above zero for one row at least, found zeros alone")
    with np.errstate(over="ignore"):
        return weights if np.isfinite(weights.sum()) else weights / weights.max()
