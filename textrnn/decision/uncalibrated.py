"""What a classifier would predict without calibration."""

from __future__ import annotations

from textrnn.decision.decision import Decision, Rule


def uncalibrated(rule: Rule, *, has_ngrams: bool) -> Decision:
    """Return the decision that takes the logits of the branches as they are, with equal weights that sum to 1."""
    half = 0.5 if has_ngrams else 1.0
    return Decision(half, 1 - half, rule=rule)
