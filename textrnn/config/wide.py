"""`[wide]`: the linear branch that is learned beside the recurrent one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from textrnn.config.fields import Positive, Rate


@dataclass(frozen=True)
class WideConfig:
    """Which n-grams of token ids are there, weighed by naive Bayes, with logistic regression."""

    enabled: Annotated[bool, "learn a linear branch on n-grams beside the recurrent one"] = True
    ngrams: Annotated[int, Ge(1), Le(3), "the longest n-gram"] = 3
    min_documents: Annotated[Positive, "an n-gram in fewer training texts is left out"] = 2
    max_features: Annotated[Positive, "the most frequent n-grams that are kept"] = 300_000
    inverse_penalties: Annotated[tuple[Rate, ...], "C of the regression, chosen by log loss on validation"] = (
        16.0,
        4.0,
        64.0,
    )
