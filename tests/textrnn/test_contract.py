"""scikit-learn's own checks of an estimator. They hand over rows of numbers, so a classifier stands between that writes
each row as a text; all else is `TextClassifier` itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from classifiers import parameters_of
from numpy.typing import NDArray
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import validate_data

from textrnn import TextClassifier

TINY = parameters_of(
    {
        "embedding_size": 8, "hidden_size": 4, "epochs": 2, "batch_size": 16, "device": "cpu", "vectors": "none",
        "validation_fraction": 0.2, "train.precision": "float32", "train.adversarial": 0.0, "embeddings.size": 0,
        "vocabulary.min_count": 1, "ngram_branch.inverse_penalties": (4.0,), "ngram_branch.ngrams": 1,
        "ngram_branch.min_documents": 1,
    }
)  # fmt: skip


def written(rows: NDArray[Any]) -> list[str]:
    """Each row of numbers as a text: the column and the rounded number of each cell."""
    return [" ".join(f"c{place}n{int(np.rint(2 * cell))}" for place, cell in enumerate(row)) for row in rows]


class OfRows(TextClassifier):
    """`TextClassifier` over rows of numbers."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> OfRows:  # type: ignore[override]
        X, y = validate_data(self, X, y)
        super().fit(written(X), y, sample_weight)
        return self

    def predict(self, X: Any) -> Any:
        return super().predict(self._written(X))

    def predict_proba(self, X: Any) -> Any:
        return super().predict_proba(self._written(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        return super().score(self._written(X), y, sample_weight)

    def _written(self, X: Any) -> list[str]:
        self._fitted()
        return written(validate_data(self, X, reset=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.string, tags.input_tags.allow_nan = True, False, False
        return tags


FEW = "the rows are four different texts, of which none can be held out for validation"
EXPECTED = {
    "check_sample_weights_shape": FEW,
    "check_sample_weights_not_overwritten": FEW,
    "check_sample_weight_equivalence_on_dense_data": "a fit holds out other rows where rows repeat",
}


SLOW = (
    "check_classifiers_train",
    "check_classifiers_classes",
    "check_classifier_data_not_an_array",
)  # half of the time


def checks() -> Iterator[Any]:
    for estimator, check in estimator_checks_generator(OfRows(**TINY)):
        name = getattr(check, "func", check).__name__
        options = getattr(check, "keywords", {})
        marks = [pytest.mark.slow] if name in SLOW else []
        if name in EXPECTED:
            marks.append(pytest.mark.xfail(reason=EXPECTED[name], strict=True))
        yield pytest.param(estimator, check, marks=marks, id=name + "".join(f"-{value}" for value in options.values()))


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        check(estimator)
