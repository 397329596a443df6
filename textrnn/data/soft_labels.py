"""Soft labels: how probable each class is, as somebody or something that labelled a text said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.cell_parsing import parse_number
from textrnn.data.readers.wording import format_row, quote
from textrnn.data.target import Target
from textrnn.errors import ConfigError, DataError, RowError

ROUNDED = 0.01  # what a row of probabilities may lack of 1, or have too much: they come rounded
CONFIDENCE = ""  # what the column of confidences is called among soft labels: no class is


def parse_confidence(cell: object, column: str) -> float:
    """Parse the confidence in a cell, from 0 to 1; NaN if it is empty. Raises RowError."""
    value = parse_number(cell, column)
    if not (math.isnan(value) or 0 <= value <= 1):
        raise RowError(
            f"expected a confidence from 0 to 1, or an empty cell, found {value:g}; percent: divide by 100", column
        )
    return value


def parse_probabilities(cells: Sequence[object], columns: Sequence[str]) -> list[float]:
    """Parse the probabilities in the cells of a row, one a class, which sum to 1; NaN all where all are empty.

    Raises RowError.
    """
    found = [parse_number(cell, column) for cell, column in zip(cells, columns, strict=True)]
    if all(map(math.isnan, found)):
        return found
    for value, column in zip(found, columns, strict=True):
        if not 0 <= value <= 1 + ROUNDED:
            came = "an empty cell" if math.isnan(value) else f"{value:g}"
            raise RowError(f"expected a probability from 0 to 1, found {came}; fill in all or none of a row", column)
    if abs(sum(found) - 1) > ROUNDED:
        raise RowError(
            f"expected probabilities that sum to 1, found {sum(found):g} over {len(found)} columns", columns[0]
        )
    return found


def most_probable(probabilities: Sequence[float], columns: Sequence[str]) -> str | None:
    """The column of the highest of `probabilities`; None where there are none."""
    at = int(np.argmax(probabilities))
    return None if math.isnan(probabilities[at]) else columns[at]


def soft_targets(
    target: Target, labels: NDArray[np.int64], soft: Mapping[str, Sequence[float]]
) -> NDArray[np.float32] | None:
    """The soft labels (N, C) float32 of texts with class numbers `labels` (N,), rows that sum to 1; None without any.

    `soft` has N numbers for each class by its name, or, by the name `CONFIDENCE`, how sure the label is: the rest is
    spread evenly over the other classes. A row of NaN has its label alone. Raises DataError for other classes.
    """
    if not soft:
        return None
    hard = np.eye(target.outputs)[labels]
    if CONFIDENCE in soft:
        sure = np.array(soft[CONFIDENCE], dtype=np.float64)[:, None]
        rest = (1 - sure) / max(target.outputs - 1, 1)
        given = np.where(hard > 0, sure, rest)
    else:
        if missing := [name for name in target.names if name not in soft]:
            raise DataError(
                f"data.probability_columns: expected a column for each class, found none for {quote(missing[0])}"
            )
        if more := [name for name in soft if name not in target.names]:
            raise DataError(
                f"data.probability_columns: expected the names of classes, found {quote(more[0])}; leave out a "
                "class that no row is labelled with"
            )
        given = np.array([soft[name] for name in target.names], dtype=np.float64).T
    given = np.where(np.isnan(given), hard, given)
    found: NDArray[np.float32] = (given / given.sum(axis=1, keepdims=True)).astype(np.float32)
    return found


def parse_soft_labels(values: Any, rows: int) -> NDArray[np.float64] | None:
    """Parse soft labels from Python, (N, C) numbers of N `rows`, which sum to 1; None for None. Raises DataError."""
    if values is None:
        return None
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(
            "soft_labels: expected numbers (N, C), a row a text and a column a class, found others"
        ) from None
    if found.ndim != 2 or len(found) != rows:
        raise DataError(f"soft_labels: expected numbers ({rows:,}, C), a row a text, found the shape {found.shape}")
    for row, each in enumerate(found, start=1):
        if not (np.isfinite(each).all() and (each >= 0).all() and abs(float(each.sum()) - 1) <= ROUNDED):
            raise DataError(
                f"soft_labels, {format_row(row)}: expected probabilities that sum to 1, found {quote(each.tolist())}"
            )
    scaled: NDArray[np.float64] = found / found.sum(axis=1, keepdims=True)
    return scaled


def require_soft(kind: str, confidence: str | None, probabilities: Sequence[str]) -> None:
    """Raise ConfigError where soft labels are named twice, or for a target of a `kind` that has none."""
    if confidence is not None and probabilities:
        raise ConfigError(
            "data: expected data.confidence_column or data.probability_columns, found both; leave one out"
        )
    if (confidence is not None or probabilities) and kind not in ("single", "ordinal", "path"):
        named = "data.probability_columns" if probabilities else "data.confidence_column"
        raise ConfigError(
            f'{named}: expected a target with one class a text, found data.target = "{kind}"; leave the setting out'
        )
