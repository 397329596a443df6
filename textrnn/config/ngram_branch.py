"""`[ngram_branch]`: the n-gram branch, a linear model trained in addition to the recurrent network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Le, Len
from textrnn.config.field_types import Positive, Rate

NgramModel = Literal["nb", "svm"]


@dataclass(frozen=True)
class NgramBranchConfig:
    """A linear model on n-grams of token ids: logistic regression on naive Bayes log ratios (NB-LR), or an SVM."""

    enabled: Annotated[bool, "train the n-gram branch"] = True
    candidates: Annotated[
        Annotated[tuple[NgramModel, ...], Len(1)] | Literal["auto"],
        "nb (NB-LR), svm (linear SVM on TF-IDF, of characters too): the validation log loss chooses; auto: svm with "
        "fewer than 1,000 training texts, else both; numbers have a ridge regression",
    ] = "auto"
    ngrams: Annotated[int, Ge(1), Le(3), "length of the longest n-gram"] = 3
    min_documents: Annotated[
        Positive | Literal["auto"],
        "minimum document frequency of an n-gram in the training split; auto: 1 with fewer than 5,000 training texts, "
        "else 2",
    ] = "auto"
    max_features: Annotated[Positive, "n-grams to keep, the most frequent ones"] = 300_000
    inverse_penalties: Annotated[tuple[Rate, ...], "values of C for NB-LR; the validation log loss chooses"] = (
        16.0,
        4.0,
        64.0,
    )
