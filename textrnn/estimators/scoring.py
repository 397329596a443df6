"""How good a classifier's answers are, in the one number that scikit-learn asks of an estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from textrnn.data.columns import Example
from textrnn.data.given import as_labels
from textrnn.data.given_weights import as_weights
from textrnn.data.plain import require_alike
from textrnn.data.target import Target, decode_labels
from textrnn.errors import DataError
from textrnn.model.predictor import Predictor


def labels_to_score(labels: Any, examples: Sequence[Example], target: Target) -> list[Any]:
    """`labels` (N) of `examples` (N) as `target` has them; of several a tuple of names. Raises DataError."""
    found = as_labels(labels, target.kind, target.names if target.kind == "multi" else ()).labels
    require_alike(examples, found)
    return found


def score_answers(predictor: Predictor, examples: Sequence[Example], true: Sequence[Any], sample_weight: Any) -> float:
    """Accuracy on `examples` (N) with the `true` labels (N); R2 of numbers. A label that is no class is a miss.

    Raises DataError where there is no example.
    """
    if not examples:
        raise DataError("texts: expected one at least, to be scored, found none")
    weights = as_weights(sample_weight, len(true))
    chosen = predictor.choose(predictor.predict_probabilities(examples))
    if predictor.target.kind == "number":
        return float(r2_score(np.asarray(true, float), chosen, sample_weight=weights))
    said: list[Any] = decode_labels(predictor.target, chosen)
    if predictor.target.kind == "multi":
        said, true = [set(names) for names in said], [set(names) for names in true]
    return float(np.average([a == b for a, b in zip(said, true, strict=True)], weights=weights))
