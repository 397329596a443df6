"""`[baseline]`: the linear models of which the best is the baseline of every report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Le, Len
from textrnn.config.field_types import Positive, Rate

BaselineModel = Literal["tfidf", "nb", "svm", "svm_characters"]


@dataclass(frozen=True)
class BaselineConfig:
    """Linear models on n-grams: logistic regression on TF-IDF or naive Bayes log ratios (NB-LR), SVMs on TF-IDF."""

    candidates: Annotated[
        tuple[BaselineModel, ...],
        Len(1),
        "tfidf, nb (NB-LR), svm (linear SVM), svm_characters (linear SVM on n-grams of words and of characters): the "
        "best on validation is the baseline; numbers have no SVM",
    ] = ("tfidf", "nb", "svm", "svm_characters")
    ngrams: Annotated[int, Ge(1), Le(3), "length of the longest n-gram of words of TF-IDF and of the SVMs"] = 2
    nb_ngrams: Annotated[int, Ge(1), Le(3), "length of the longest n-gram of NB-LR"] = 3
    min_documents: Annotated[Positive, "minimum document frequency of an n-gram in the training split"] = 2
    max_features: Annotated[
        Positive, "n-grams kept per model, the most frequent ones; of words and of characters so many each"
    ] = 500_000
    inverse_penalties: Annotated[tuple[Rate, ...], Len(1), "values of C for TF-IDF; validation chooses"] = (
        1.0,
        10.0,
    )
    nb_inverse_penalties: Annotated[tuple[Rate, ...], Len(1), "values of C for NB-LR; validation chooses"] = (
        4.0,
        16.0,
        64.0,
    )
    svm_inverse_penalties: Annotated[tuple[Rate, ...], Len(1), "values of C for the SVMs; validation chooses"] = (
        0.3,
        1.0,
    )
