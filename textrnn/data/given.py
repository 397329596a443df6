"""Texts and labels as Python code hands them over: lists, arrays, numpy's own kinds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from textrnn.config.data import TargetKind
from textrnn.data.readers.labels import LabelReader, label_reader
from textrnn.data.readers.wording import named_row
from textrnn.data.target import Label
from textrnn.errors import DataError, RowError


def as_list(values: Iterable[Any], what: str) -> list[Any]:
    """`values` as a list. Raises DataError for one string, which would be as many letters."""
    if isinstance(values, (str, bytes)):
        raise DataError(f"{what}: expected a list, found one string; write [{what[:-1]}]")
    return list(values)


def as_labels(labels: Iterable[Any], kind: TargetKind) -> list[Any]:
    """N labels as plain Python has them, those of a kind written one way. Raises DataError."""
    found = as_list(labels, "labels")
    if kind in ("single", "ordinal"):
        return [_as_label(label) for label in found]
    if kind == "number":
        return [label.item() if isinstance(label, np.generic) else label for label in found]
    reader = label_reader(kind, "label", trim=False, most=len(found) + 1_000_000)
    plain = (label.tolist() if isinstance(label, (np.ndarray, np.generic)) else label for label in found)
    return [_take(reader, label, row) for row, label in enumerate(plain, start=1)]


def _take(reader: LabelReader, label: object, row: int) -> Label:
    try:
        return reader.take(label)
    except RowError as error:
        raise DataError(f"labels, {named_row(row)}: {error.reason}") from None
    except DataError as error:
        raise DataError(f"labels, {named_row(row)}: {error}") from None


def _as_label(label: object) -> Label:
    """A label as str or int; numpy's own kinds (labels from an array) become Python's."""
    if isinstance(label, (bool, np.bool_)):
        raise DataError("labels: expected str or int, found a bool; write 0 and 1, or names")
    if isinstance(label, (str, np.str_)):
        return str(label)
    if isinstance(label, (int, np.integer)):
        return int(label)
    raise DataError(f"labels: expected str or int, found {type(label).__name__}: {label!r}")
