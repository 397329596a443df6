"""Predictions in the form in which labels came from Python."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.label_format import INDICATORS, LabelFormat
from textrnn.data.target import Target, decode_labels


def classes_of(target: Target, form: LabelFormat) -> NDArray[Any]:
    """Return the classes (C,) of `target` as labels of this `form`."""
    if form == "bool":
        return np.array(target.classes, dtype=np.bool_)
    if form == "float":
        return np.array(target.classes, dtype=np.float64)
    if form in INDICATORS and list(target.classes) == [str(number) for number in range(len(target.classes))]:
        return np.arange(len(target.classes))  # the columns had no names
    ends = any(isinstance(label, str) and label.endswith("\0") for label in target.classes)
    return np.array(target.classes, dtype=object if ends else None)  # an array of strings loses NULs at the end


def restore_labels(target: Target, form: LabelFormat, predictions: NDArray[Any]) -> Any:
    """Return the predictions `predictions` for N texts as labels of this `form`: (N,), or an indicator (N, C) int64."""
    if target.exclusive:
        return classes_of(target, form)[predictions]
    if target.kind == "number":
        return predictions
    if form in INDICATORS:
        members = predictions.astype(np.int64)
        if form != "sparse indicator":
            return members
        from scipy import sparse  # an extra of textrnn-core; who gave such labels has it

        return sparse.csr_matrix(members)
    sets = np.empty(len(predictions), dtype=object)
    sets[:] = decode_labels(target, predictions)
    return sets
