"""Calibration errors with their reliability diagrams: before calibration, after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.calibration import Calibration
from textrnn.decision.decision import Decision, compute_scores
from textrnn.decision.uncalibrated import uncalibrated
from textrnn.evaluation.measure import Float, measure_calibration
from textrnn.metrics.calibration import BINS, calibration_scorer
from textrnn.metrics.significance import bootstrap_intervals

Scorer = Callable[[Float], float]


@dataclass(frozen=True)
class Calibrating:
    """The scores (N, C) `before` calibration of the texts of a report, and what `fitted` says of validation rows."""

    before: Float
    fitted: Calibration


def before_calibration(decision: Decision, logits: BranchLogits, *, has_ngrams: bool) -> Calibrating | None:
    """Return what a report compares the scores of `decision` with; None of numbers, which are not calibrated."""
    if decision.rule == "value":
        return None
    plain = uncalibrated(decision.rule, has_ngrams=has_ngrams)
    return Calibrating(compute_scores(plain, logits), decision.calibration)


def measure_reliability(
    labels: NDArray[Any], scores: Float, target: Target, config: EvaluateConfig, calibrating: Calibrating | None = None
) -> dict[str, Any] | None:
    """Return the calibration of `scores` (N, C) for `labels` (N), that of all labels together where a text may have
    several; None of numbers.

    `expected_error` has the ends `low`, `high` of its 95 % interval (None without resamples), `confidence` is the mean,
    `bins` are those of the reliability diagram that hold predictions. `before` holds the same for the scores before
    calibration, `fitted` what the decision says of the validation rows; None where they are not known.
    """
    if target.kind == "number":
        return None
    found = {"after": _pooled(labels, scores, target)}
    if calibrating is not None:
        found["before"] = _pooled(labels, calibrating.before, target)
    scorers = {name: _scorer(*pair, outputs=len(pair[0]) // len(labels)) for name, pair in found.items()}
    ends = bootstrap_intervals(
        lambda weights: {name: scorer(weights) for name, scorer in scorers.items()},
        len(labels),
        resamples=config.bootstrap,
        seed=config.seed,
    )
    measured: dict[str, dict[str, Any]] = {}
    for name, pair in found.items():
        low, high = ends.get(name, (None, None))
        measured[name] = {**measure_calibration(*pair), "low": low, "high": high}
    fitted = None if calibrating is None or calibrating.fitted.before is None else asdict(calibrating.fitted)
    for unread in ("scales", "offsets"):
        (fitted or {}).pop(unread, None)
    return {**measured["after"], "before": measured.get("before"), "fitted": fitted}


def _pooled(labels: NDArray[Any], scores: Float, target: Target) -> tuple[NDArray[np.int64], Float]:
    """Labels (M,) and probabilities (M, C) of exclusive classes: where a text may have several labels, whether it has
    each, C times N of them.
    """
    if target.kind != "multi":
        return labels, scores
    return (labels > 0).ravel().astype(np.int64), np.stack([1 - scores.ravel(), scores.ravel()], axis=1)


def _scorer(labels: NDArray[np.int64], scores: Float, *, outputs: int) -> Scorer:
    """Return a function from weights of texts (N,) to the calibration error; `outputs` rows of `scores` are a text's.

    Texts are drawn again, not single labels: those of one text are not independent.
    """
    if outputs == 1:
        scorer = calibration_scorer(labels, scores)
        return lambda weights: scorer(weights)["calibration_error"]
    confidence = scores.max(axis=1)
    excess = (scores.argmax(axis=1) == labels) - confidence
    place = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    texts = np.arange(len(labels)) // outputs
    by_text = np.bincount(texts * BINS + place, excess, minlength=BINS * len(labels) // outputs).reshape(-1, BINS)
    return lambda weights: float(np.abs(weights @ by_text).sum() / (weights.sum() * outputs))
