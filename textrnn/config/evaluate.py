"""`[evaluate]`: how the report is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from textrnn.config.fields import Count, Seed


@dataclass(frozen=True)
class EvaluateConfig:
    """Intervals by bootstrap, the errors shown."""

    bootstrap: Annotated[int, Ge(0), Le(100_000), "resamples for the 95 % intervals"] = 1000
    seed: Annotated[Seed, "of the resampling"] = 0
    errors: Annotated[Count, "most confident errors shown"] = 20
