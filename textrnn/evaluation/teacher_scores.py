"""How the classifier compares with its teacher on the same held-out examples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.target import Target
from textrnn.evaluation.headline import is_correct
from textrnn.evaluation.measure import describe_pair, measure_scores
from textrnn.metrics.significance import compare


def measure_teacher(
    labels: NDArray[np.int64],
    predictions: NDArray[Any],
    name: str,
    probabilities: NDArray[Any],
    config: EvaluateConfig,
    target: Target,
) -> dict[str, Any]:
    """Return the teacher's `name`, its `metrics`, from its `probabilities` (N, C), and the paired `comparison` of the
    classifier's `predictions` (N,) with the teacher's.
    """
    scores = probabilities.astype(np.float64)
    theirs = scores.argmax(axis=1)
    found = compare(is_correct(labels, predictions), is_correct(labels, theirs))
    return {
        "name": name,
        "metrics": measure_scores(labels, scores, config, target=target, predictions=theirs),
        "comparison": describe_pair(found, "the classifier", "its teacher"),
    }
