"""`[baseline]`: the linear models, of which every report compares with the better one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le, MinLen

from textrnn.config.fields import Positive, Rate

BaselineModel = Literal["tfidf", "nb"]


@dataclass(frozen=True)
class BaselineConfig:
    """N-grams of words with logistic regression: weighed by TF-IDF, and by naive Bayes (NB-LR)."""

    candidates: Annotated[
        tuple[BaselineModel, ...], MinLen(1), "tfidf and nb (NB-LR): the better one on validation is the baseline"
    ] = ("tfidf", "nb")
    ngrams: Annotated[int, Ge(1), Le(3), "the longest n-gram of TF-IDF"] = 2
    nb_ngrams: Annotated[int, Ge(1), Le(3), "the longest n-gram of NB-LR"] = 3
    min_documents: Annotated[Positive, "an n-gram in fewer training texts is left out"] = 2
    max_features: Annotated[Positive, "the most frequent n-grams that a model keeps"] = 500_000
    inverse_penalties: Annotated[tuple[Rate, ...], MinLen(1), "C of TF-IDF's regression, chosen on validation"] = (
        1.0,
        10.0,
    )
    nb_inverse_penalties: Annotated[tuple[Rate, ...], MinLen(1), "C of NB-LR's regressions, chosen on validation"] = (
        4.0,
        16.0,
        64.0,
    )
