"""`[self_training]`: self-training on unlabelled texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Gt, Le
from textrnn.config.field_types import Name, NotInKeyUnless, Positive


@dataclass(frozen=True)
class SelfTrainingConfig:
    """Teachers, whose mean probabilities are the pseudo-labels."""

    teachers: Annotated[
        int, Ge(0), Le(100), "number of teachers that are self, trained with different seeds; 0: no self-training"
    ] = 0
    epochs: Annotated[Positive | Literal["auto"], "epochs of each teacher that is self"] = "auto"
    teacher: Annotated[
        Name,
        NotInKeyUnless(("self",)),
        "who labels the unlabelled texts: self (classifiers trained on the labels), a model folder, or a sentence "
        "encoder (a folder, package:all-minilm-l6-v2) with a head that is fitted on the labels",
    ] = "self"
    temperature: Annotated[
        float, Gt(0), Le(100), "temperature of the teacher's probabilities; above 1 softens them"
    ] = 1.0
