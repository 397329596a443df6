"""A decision extended to classes that it was not fitted for, none of which it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from textrnn.decision.decision import Decision
from textrnn.decision.threshold_search import UNREACHABLE_THRESHOLD

PROHIBITIVE_COST = 1e9  # what predicting a class costs that is never predicted


def extend_classes(decision: Decision, places: Sequence[int], classes: int) -> Decision:
    """Return `decision` of so many `classes`, those that it knows at the `places` (C); the others are never predicted
    while their logits are the lowest.
    """

    def placed(values: Sequence[float], other: float) -> tuple[float, ...]:
        if len(values) < 2:
            return tuple(values)
        wide = np.full(classes, other)
        wide[list(places)] = values
        return tuple(wide.tolist())

    fitted = decision.calibration
    return replace(
        decision,
        thresholds=placed(decision.thresholds, 0.5) if len(decision.thresholds) > 1 else decision.thresholds * classes,
        calibration=replace(fitted, scales=placed(fitted.scales, 1.0), offsets=placed(fitted.offsets, 0.0)),
        accept=placed(decision.accept, 0.0),
        lowered=placed(decision.lowered, UNREACHABLE_THRESHOLD),
        costs=_widened(decision.costs, places, classes),
    )


def _widened(
    costs: tuple[tuple[float, ...], ...], places: Sequence[int], classes: int
) -> tuple[tuple[float, ...], ...]:
    if not costs:
        return costs
    wide = np.zeros((classes, classes + len(costs[0]) - len(costs)))
    wide[:, :classes] = PROHIBITIVE_COST
    known, more = np.array(costs), list(range(classes, wide.shape[1]))
    wide[np.ix_(list(places), [*places, *more])] = known
    return tuple(tuple(row) for row in wide.tolist())
