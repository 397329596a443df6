"""`Calibration`: how the combined logits are scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Le, Lt

Scale = Annotated[float, Ge(0), Le(1e3)]
Shift = Annotated[float, Ge(-1e3), Le(1e3)]
Share = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True)
class CalibrationError:
    """The expected calibration error of some rows, with the ends of its 95 % interval."""

    value: Share
    low: Share
    high: Share


@dataclass(frozen=True)
class Calibration:
    """Temperature scaling is in the branch weights; vector scaling multiplies the combined logits by `scales` (C) and
    adds `offsets` (C).

    `before` and `after` are the errors of branches of equal weights, and of what was fitted on the other folds, on
    `rows` held-out rows; None where there were too few. Source: Guo et al. 2017, "On calibration of modern neural
    networks".
    """

    method: Literal["temperature", "vector"] = "temperature"
    scales: tuple[Scale, ...] = ()
    offsets: tuple[Shift, ...] = ()
    rows: Annotated[int, Ge(0), Lt(2**53)] = 0
    before: CalibrationError | None = None
    after: CalibrationError | None = None
