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
    teacher: tuple[str, NDArray[Any]] | None,
    config: EvaluateConfig,
    target: Target,
) -> dict[str, Any] | None:
    """Return the `name` of the `teacher`, its `metrics`, from its probabilities (N, C), and the paired `comparison` of
    the classifier's `predictions` (N,) with the teacher's; None without one.
    """
    if teacher is None:
        return None
    name, probabilities = teacher
    scores = probabilities.astype(np.float64)
    theirs = scores.argmax(axis=1)
    found = compare(is_correct(labels, predictions), is_correct(labels, theirs))
    return {
        "name": name,
        "metrics": measure_scores(labels, scores, config, target=target, predictions=theirs),
        "comparison": describe_pair(found, "the classifier", "its teacher"),
    }
