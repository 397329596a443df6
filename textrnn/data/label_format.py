"""Forms of labels in Python: predictions are returned in the form of the training labels."""

from __future__ import annotations

from typing import Literal

from textrnn.data.target import Target

# "indicator": 0 or 1 for each class, (N, C); "plain": as they stand in `Target`
LabelFormat = Literal["plain", "bool", "float", "indicator", "sparse indicator"]
INDICATORS: tuple[LabelFormat, ...] = ("indicator", "sparse indicator")


def is_valid_format(target: Target, form: LabelFormat) -> bool:
    """Whether labels of `target` can have this `form`."""
    if form in INDICATORS:
        return target.kind == "multi"
    integers = target.kind in ("single", "ordinal") and all(isinstance(label, int) for label in target.classes)
    return form == "plain" or (integers and (form == "float" or set(target.classes) <= {0, 1}))
