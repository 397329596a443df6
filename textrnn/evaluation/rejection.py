"""Coverage against accuracy under rejection of predictions with low confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, accepts, choose, compute_scores
from textrnn.decision.describe import describe_promises
from textrnn.evaluation.measure import Int, share_interval


def measure_rejection(labels: Int, logits: BranchLogits, decision: Decision, target: Target) -> dict[str, Any] | None:
    """Return how many of the N predictions are rejected, the accuracy of the others with its 95 % interval, and what
    the decision promises, in plain lines.

    Returns None if the decision rejects nothing; there is no interval if it rejects all.
    """
    if not decision.rejects:
        return None
    scores = compute_scores(decision, logits)
    return count_rejected(accepts(decision, logits, scores), choose(decision, scores) == labels, decision, target)


def count_rejected(
    standing: NDArray[np.bool_], correct: NDArray[np.bool_], decision: Decision, target: Target
) -> dict[str, Any]:
    """Return the same of N predictions that are accepted or not, `standing` (N,), and `correct` or not (N,)."""
    right, count = int(correct[standing].sum()), int(standing.sum())
    low, high = share_interval(right, count) if count else (None, None)
    return {
        "min_confidence": decision.min_confidence,
        "lines": describe_promises(decision, target.names) if decision.promises else [],
        "rejected": len(standing) - count,
        "accuracy": {"value": right / count if count else None, "low": low, "high": high},
    }
