"""`[baseline]`: the linear models whose better one is the baseline of every report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Le, Len
from textrnn.config.field_types import Positive, Rate

BaselineModel = Literal["tfidf", "nb"]


@dataclass(frozen=True)
class BaselineConfig:
    """Logistic regression on word n-grams, weighted by TF-IDF or by naive Bayes log ratios (NB-LR)."""

    candidates: Annotated[
        tuple[BaselineModel, ...], Len(1), "tfidf and nb (NB-LR): the better one on validation is the baseline"
    ] = ("tfidf", "nb")
    ngrams: Annotated[int, Ge(1), Le(3), "length of the longest n-gram of TF-IDF"] = 2
    nb_ngrams: Annotated[int, Ge(1), Le(3), "length of the longest n-gram of NB-LR"] = 3
    min_documents: Annotated[Positive, "minimum document frequency of an n-gram in the training split"] = 2
    max_features: Annotated[Positive, "n-grams kept per model, the most frequent ones"] = 500_000
    inverse_penalties: Annotated[tuple[Rate, ...], Len(1), "values of C for TF-IDF; validation chooses"] = (
        1.0,
        10.0,
    )
    nb_inverse_penalties: Annotated[tuple[Rate, ...], Len(1), "values of C for NB-LR; validation chooses"] = (
        4.0,
        16.0,
        64.0,
    )
