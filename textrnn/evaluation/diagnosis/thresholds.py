"""How much the F1 of a label depends on the validation rows that its threshold is fitted on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.evaluation.measure import Float
from textrnn.metrics.predictions import fit_thresholds
from textrnn.metrics.significance import draw_weights

RESAMPLES = 20
MAX_ROWS = 2000  # of validation, evenly spaced: fitting costs a sort a label and resample
MIN_ROWS = 5  # with the label, of those scored


def measure_thresholds(
    validation: tuple[NDArray[Any], Float], scored: tuple[NDArray[Any], Float], target: Target, seed: int
) -> list[dict[str, Any]]:
    """Return for each label with at least 5 scored rows the range of its F1, and of its threshold.

    Both arguments are labels (N, C) and probabilities (N, C). Thresholds are fitted on 20 bootstrap resamples of
    `validation`; the F1 of each is measured on the `scored` rows. `low` and `high` of F1, `lowest` and `highest` of the
    threshold are the 10 % and 90 % quantiles.
    """
    step = -(-len(validation[0]) // MAX_ROWS)
    members, scores = validation[0][::step] > 0, validation[1][::step]
    if not len(members):
        return []
    cuts = np.array([fit_thresholds(members, scores, each) for each in draw_weights(len(members), RESAMPLES, seed)])
    truth = scored[0] > 0
    found = []
    for label, name in enumerate(target.names):
        support = int(truth[:, label].sum())
        if support < MIN_ROWS:
            continue
        values = [_f1(truth[:, label], scored[1][:, label] >= cut) for cut in cuts[:, label]]
        low, high = np.quantile(values, [0.1, 0.9])
        lowest, highest = np.quantile(cuts[:, label], [0.1, 0.9])
        ends = {"low": float(low), "high": float(high), "lowest": float(lowest), "highest": float(highest)}
        found.append({"name": name, **ends})
    return found


def _f1(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    return float(2 * (truth & predicted).sum() / max(truth.sum() + predicted.sum(), 1))
