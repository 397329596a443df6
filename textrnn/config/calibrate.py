"""`[calibrate]`: how the decision is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Gt, Le


@dataclass(frozen=True)
class CalibrateConfig:
    """The factors of the branches are found by themselves; what may be chosen is how sure an answer must be."""

    accept: Annotated[
        float, Gt(0), Le(1), "share of validation texts whose answer stands; less sure ones are rejected. 1: none"
    ] = 1.0
