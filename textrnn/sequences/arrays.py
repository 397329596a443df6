"""Validation of sequence arrays from Python callers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.python_columns import as_matrix, plain_cells, shape_of
from textrnn.data.readers.wording import quote
from textrnn.errors import DataError, DataTypeError


def as_sequences(x: Any, features: int | None = None) -> NDArray[np.float64]:
    """Convert `x` (N, T, features) to finite float64. Raises DataTypeError if it is not numeric, DataError."""
    found = _numbers(x, "x")
    if found.ndim != 3 or 0 in found.shape:
        hint = "; for one number a step pass x[:, :, None]" if found.ndim == 2 else ""
        raise DataError(f"x: expected sequences of the shape (N, T, features), found {found.shape}{hint}")
    if features is not None and found.shape[2] != features:
        raise DataError(f"x: expected {features} features a step, found {found.shape[2]}")
    if not np.isfinite(found).all():
        raise DataError("x: expected finite numbers, found NaN or infinity; fill the gaps first")
    return found


def as_outputs(y: Any, rows: int) -> NDArray[np.float64]:
    """Convert `y`, (N,) or (N, outputs) for `rows` sequences, to finite float64. Raises DataTypeError, DataError."""
    found = _numbers(y, "y")
    if found.ndim not in (1, 2) or len(found) != rows or 0 in found.shape:
        raise DataError(f"y: expected {rows} finite numbers, or as many rows of them, found the shape {found.shape}")
    if not np.isfinite(found).all():
        raise DataError(f"y: expected {rows} finite numbers, found NaN or infinity; leave those sequences out")
    return found


def _numbers(given: Any, name: str) -> NDArray[np.float64]:
    if given is None or isinstance(given, (str, bytes, dict, set)) or not hasattr(given, "__len__"):
        raise DataTypeError(f"{name}: expected an array of numbers, found {type(given).__name__} {quote(given)}")
    if shape_of(given) is not None and len(shape_of(given) or ()) == 1:
        given = plain_cells(given)  # a column, whose library may have its own missing value
    try:
        return np.asarray(as_matrix(given), dtype=np.float64)
    except (TypeError, ValueError) as error:
        ragged = "inhomogeneous" in str(error)
        raise (DataError if ragged else DataTypeError)(
            f"{name}: expected "
            + ("sequences of one length, found others; pad them" if ragged else f"numbers, but {error}")
        ) from None
