"""Scores on the rows whose text stands in the training split, against the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.target import Target
from textrnn.evaluation.headline import HEADLINES
from textrnn.evaluation.measure import Float, measure_scores


def measure_leaks(
    training: Sequence[str],
    texts: Sequence[str],
    labels: NDArray[Any],
    scores: Float,
    predictions: NDArray[Any],
    target: Target,
) -> dict[str, Any]:
    """Return the headline score on the rows of `texts` (N) that repeat a text of `training`, and on the `other` ones.

    A score is None without rows. `labels`, `scores` and `predictions` are those of the N texts.
    """
    known = set(training)
    repeated = np.fromiter((text in known for text in texts), bool, len(texts))
    plain, lead = EvaluateConfig(bootstrap=0), HEADLINES[target.kind].name

    def score(rows: NDArray[np.bool_]) -> float | None:
        if not rows.any():
            return None
        found = measure_scores(labels[rows], scores[rows], plain, target=target, predictions=predictions[rows])
        return found[lead]["value"]

    return {"rows": int(repeated.sum()), "repeated": score(repeated), "other": score(~repeated)}
