"""The score of a classifier as one number, as scikit-learn expects it of an estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from textrnn.data.columns import Example
from textrnn.data.label_input import as_labels
from textrnn.data.python_columns import require_same_length
from textrnn.data.sample_weight import parse_sample_weight
from textrnn.data.target import Target, decode_labels
from textrnn.errors import DataError
from textrnn.model.predictor import Predictor


def prepare_labels(labels: Any, examples: Sequence[Example], target: Target) -> list[Any]:
    """`labels` (N) of `examples` (N) as `target` has them; of several a tuple of names. Raises DataError."""
    found = as_labels(labels, target.kind, target.names if target.kind == "multi" else ()).labels
    require_same_length(examples, found)
    return found


def score_predictions(
    predictor: Predictor, examples: Sequence[Example], true: Sequence[Any], sample_weight: Any
) -> float:
    """Accuracy on `examples` (N) with the `true` labels (N); R2 of numbers. A label that is no class is a miss.

    Raises DataError where there is no example.
    """
    if not examples:
        raise DataError("texts: expected one at least, to be scored, found none")
    weights = parse_sample_weight(sample_weight, len(true))
    predictions = predictor.choose_labels(predictor.predict_probabilities(examples))
    if predictor.target.kind == "number":
        return float(r2_score(np.asarray(true, float), predictions, sample_weight=weights))
    predicted: list[Any] = decode_labels(predictor.target, predictions)
    if predictor.target.kind == "multi":
        predicted, true = [set(names) for names in predicted], [set(names) for names in true]
    return float(np.average([a == b for a, b in zip(predicted, true, strict=True)], weights=weights))
