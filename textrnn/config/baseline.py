"""`[baseline]`: the linear model every report compares with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from textrnn.config.fields import Positive, Rate


@dataclass(frozen=True)
class BaselineConfig:
    """TF-IDF over n-grams of words, with logistic regression."""

    ngrams: Annotated[int, Ge(1), Le(3), "the longest n-gram"] = 2
    min_documents: Annotated[Positive, "an n-gram in fewer training texts is left out"] = 2
    max_features: Annotated[Positive, "the most frequent n-grams that are kept"] = 500_000
    inverse_penalties: Annotated[tuple[Rate, ...], "C of the regression, chosen on validation"] = (1.0, 10.0)
