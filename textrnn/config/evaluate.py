"""`[evaluate]`: how the report is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.bounds import Ge, Le
from textrnn.config.field_types import Count, Seed


@dataclass(frozen=True)
class EvaluateConfig:
    """Bootstrap intervals, and the errors to show."""

    bootstrap: Annotated[int, Ge(0), Le(100_000), "bootstrap resamples of the 95 % intervals"] = 1000
    seed: Annotated[Seed, "seed of the resampling"] = 0
    errors: Annotated[Count, "number of errors to show, the most confident ones"] = 20
