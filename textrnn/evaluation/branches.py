"""What each branch of a classifier is worth alone, and what the recurrent one adds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.decision.branches import BranchLogits
from textrnn.decision.decision import Decision
from textrnn.evaluation.measure import Float, Int, describe_pair, share_interval
from textrnn.metrics.significance import bootstrap_intervals, compare


def measure_branches(
    labels: Int, probabilities: Float, logits: BranchLogits, decision: Decision, config: EvaluateConfig
) -> dict[str, Any]:
    """Each branch's factor and its accuracy alone with 95 % interval; `gain`: all of it against the wide one alone."""
    both = probabilities.argmax(axis=1) == labels
    right = {"recurrent": logits.recurrent.argmax(axis=1) == labels, "wide": logits.wide.argmax(axis=1) == labels}
    factors = {"recurrent": decision.recurrent, "wide": decision.wide}
    parts = [{"name": name, "factor": factors[name], "accuracy": _share(right[name], config)} for name in right]
    found = compare(both, right["wide"], resamples=config.bootstrap, seed=config.seed)
    return {"parts": parts, "gain": describe_pair(found, "the whole classifier", "its wide branch alone")}


def _share(right: NDArray[np.bool_], config: EvaluateConfig) -> dict[str, float | None]:
    """The share of examples that are right, and the ends of its 95 % interval (None without resamples)."""

    def score(weights: Float) -> dict[str, float]:
        return {"accuracy": float(np.average(right, weights=weights))}

    found = bootstrap_intervals(score, len(right), resamples=config.bootstrap, seed=config.seed)
    if not config.bootstrap:
        return {"value": float(right.mean()), "low": None, "high": None}
    low, high = found.get("accuracy") or share_interval(int(right.sum()), len(right))
    return {"value": float(right.mean()), "low": low, "high": high}
