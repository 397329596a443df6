"""`[teach]`: what unlabelled texts are taken to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le

from textrnn.config.fields import Positive


@dataclass(frozen=True)
class TeachConfig:
    """Classifiers trained on the labels alone, whose mean answer is the label of each unlabelled text."""

    teachers: Annotated[int, Ge(0), Le(100), "classifiers that label the unlabelled texts, each of a seed; 0: none"] = 0
    passes: Annotated[Positive | Literal["auto"], "passes of each teacher over the training split"] = "auto"
