"""Calibration chosen by the log loss of held-out folds: by temperature, or by vector scaling."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.branch_prior import EQUAL, BranchPrior
from textrnn.decision.calibration import Calibration, CalibrationError
from textrnn.decision.decision import Decision, combine_logits, compute_scores
from textrnn.decision.fit_decision import WEIGHT_DIGITS, fit_decision, summed_loss
from textrnn.decision.uncalibrated import uncalibrated
from textrnn.metrics.calibration import calibration_scorer

FOLDS, LEAST_ROWS = 5, 50
MOST_CLASSES, ROWS_A_CLASS = 20, 50  # of vector scaling
VECTOR_PRIOR = 1.0  # strength of the prior for scales of 1 with offsets of 0, in nats at a distance of 1
RESAMPLES = 200  # of an interval

Floats = NDArray[np.float64]


def calibrate(
    logits: BranchLogits,
    labels: NDArray[Any],
    target: Target,
    *,
    has_ngrams: bool,
    weights: Floats | None = None,
    prior: BranchPrior = EQUAL,
) -> Decision:
    """Fit the decision of lowest loss on N texts with `labels`; see `fit_decision`. With few classes, and rows enough,
    each class also has a scale and an offset of its own (vector scaling, Guo et al. 2017), if that lowers the log loss
    of held-out folds by more than its standard error.

    The calibration says the error before and after, the latter of rows that it was not fitted on.
    """
    options: dict[str, Any] = {"has_ngrams": has_ngrams, "target": target, "prior": prior}
    decision = fit_decision(logits, labels, weights=weights, **options)
    if target.kind == "number" or len(labels) < LEAST_ROWS:
        return decision
    may_scale = target.exclusive and target.outputs <= MOST_CLASSES and len(labels) >= ROWS_A_CLASS * target.outputs
    fold = np.random.Generator(np.random.PCG64(0)).permutation(len(labels)) % FOLDS
    by_temperature, by_vector = np.zeros((2, len(labels), target.outputs))
    for each in range(FOLDS):
        fitted, held = fold != each, fold == each
        own = None if weights is None else weights[fitted]
        plain = fit_decision(_take(logits, fitted), labels[fitted], weights=own, **options)
        by_temperature[held] = compute_scores(plain, _take(logits, held))
        if may_scale:
            scaled = _scaled(plain, _take(logits, fitted), labels[fitted], own)
            by_vector[held] = compute_scores(scaled, _take(logits, held))
    scales = may_scale and _is_better(by_vector, by_temperature, labels)
    decision = _scaled(decision, logits, labels, weights) if scales else decision
    before = compute_scores(uncalibrated(decision.rule, has_ngrams=has_ngrams), logits)
    found = replace(
        decision.calibration,
        rows=len(labels),
        before=measure_error(before, labels, target),
        after=measure_error(by_vector if scales else by_temperature, labels, target),
    )
    return replace(decision, calibration=found)


def measure_error(scores: Floats, labels: NDArray[Any], target: Target) -> CalibrationError:
    """Return the expected calibration error of `scores` (N, C), of all labels together where a text may have several,
    with a bootstrap interval of 95 %.
    """
    if target.kind == "multi":
        scores, labels = np.stack([1 - scores.ravel(), scores.ravel()], axis=1), (labels > 0).ravel().astype(np.int64)
    score = calibration_scorer(labels, scores)
    chance = np.random.Generator(np.random.PCG64(0))
    drawn = [
        score(chance.multinomial(len(labels), np.full(len(labels), 1 / len(labels))).astype(np.float64))
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile([each["calibration_error"] for each in drawn], [0.025, 0.975])
    value = score(np.ones(len(labels)))["calibration_error"]
    return CalibrationError(*(round(min(max(float(x), 0.0), 1.0), 6) for x in (value, low, high)))


def _scaled(decision: Decision, logits: BranchLogits, labels: NDArray[np.int64], weights: Floats | None) -> Decision:
    """`decision` with the scales and offsets of lowest log loss; the prior pulls them to 1 and 0."""
    mixed = combine_logits(decision, logits)
    classes = mixed.shape[1]
    each = np.ones(len(labels)) if weights is None else weights * (len(weights) / weights.sum())
    start = np.concatenate([np.ones(classes), np.zeros(classes)])

    def loss(x: Floats) -> tuple[float, Floats]:
        nats, surprise = summed_loss(mixed * x[:classes] + x[classes:], labels, each)
        pull = x - start
        gradient = np.concatenate([(surprise * mixed).sum(axis=0), surprise.sum(axis=0)])
        return nats + VECTOR_PRIOR / 2 * float((pull**2).sum()), gradient + VECTOR_PRIOR * pull

    bounds = [(0.0, 1e3)] * classes + [(-1e3, 1e3)] * classes
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x.round(WEIGHT_DIGITS) + 0.0
    scales, offsets = tuple(found[:classes].tolist()), tuple(found[classes:].tolist())
    return replace(decision, calibration=Calibration("vector", scales, offsets))


def _is_better(these: Floats, those: Floats, labels: NDArray[np.int64]) -> bool:
    """Whether the log loss of `these` (N, C) is lower than that of `those` by more than its standard error."""
    rows = np.arange(len(labels))
    gain = np.log(np.maximum(these[rows, labels], 1e-300)) - np.log(np.maximum(those[rows, labels], 1e-300))
    return bool(gain.mean() > gain.std() / np.sqrt(len(gain)))


def _take(logits: BranchLogits, rows: NDArray[np.bool_]) -> BranchLogits:
    return BranchLogits(logits.recurrent[rows], logits.ngram_branch[rows])
