"""`[decision]`: how predictions are decided or rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from textrnn.config.bounds import Gt, Le


@dataclass(frozen=True)
class DecisionConfig:
    """Rejection of predictions with low confidence; branch weights are fitted on the validation split."""

    coverage: Annotated[
        float,
        Gt(0),
        Le(1),
        "share of validation texts whose prediction is accepted; less confident ones are rejected. 1: none",
    ] = 1.0
