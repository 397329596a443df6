"""`[self_training]`: self-training on unlabelled texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Le
from textrnn.config.field_types import Positive


@dataclass(frozen=True)
class SelfTrainingConfig:
    """Teachers, trained on the labelled texts alone, whose mean probabilities are the pseudo-labels."""

    teachers: Annotated[
        int, Ge(0), Le(100), "number of teachers, trained with different seeds; 0: no self-training"
    ] = 0
    epochs: Annotated[Positive | Literal["auto"], "epochs of each teacher"] = "auto"
