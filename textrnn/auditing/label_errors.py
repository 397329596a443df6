"""Labels that are probably wrong, by scores of models that did not see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.machine.optional_packages import require_package
from textrnn.metrics.predictions import predict_from_scores

SUSPICIOUS_PROBABILITY = (
    0.9  # the probability of another class from which a label is suspicious, however few confident learning counts
)
MAX_DEVIATIONS = 3.5  # of a residual, robust (Iglewicz & Hoaglin 1993)
_NORMAL = 0.6745  # the median absolute deviation of a standard normal variable

Float = NDArray[np.float64]


@dataclass(frozen=True)
class LabelErrors:
    """What the models say about N labels.

    `scores` (N,) float64: how likely each label is wrong, 0 to 1 (1 minus its probability; ordinal: the expected
    distance from it as a share of the scale; multi: of the least likely of its yeses and noes); of numbers how many
    robust standard deviations it is off. `flagged` (N,) bool are those that confident learning counts as wrong.
    `expected`, encoded as labels are, is what the models would have said. `judged` (N,) bool is False where no other
    fold has the class: nothing can be said of such a label.
    """

    scores: Float
    flagged: NDArray[np.bool_]
    expected: NDArray[Any]
    judged: NDArray[np.bool_]


def find_label_errors(target: Target, labels: NDArray[Any], scores: Float, folds: NDArray[np.int64]) -> LabelErrors:
    """Find errors in `labels` (N), encoded by `encode_labels`, from out-of-fold `scores` (N, C).

    How many labels are wrong is estimated by confident learning (Northcutt, Jiang & Chuang 2021, by cleanlab), but at
    least as many as there are with another class of probability `SUSPICIOUS_PROBABILITY` or more; which ones, by the
    highest scores. For a multi-label target each class is judged by itself. Numbers are flagged more than
    `MAX_DEVIATIONS` robust standard deviations off. Raises MissingPackageError without cleanlab.
    """
    if target.kind == "number":
        return _find_odd_numbers(labels, scores[:, 0])
    require_package("cleanlab", "textrnn audit", "audit")
    if target.kind == "multi":
        return _find_in_sets(labels > 0, scores, folds)
    rows = np.arange(len(labels))
    judged = _is_known_elsewhere(labels, folds, target.outputs)
    wrong = 1 - scores[rows, labels]
    if target.kind == "ordinal":
        steps = np.abs(np.arange(target.outputs)[None, :] - labels[:, None]) / (target.outputs - 1)
        wrong = (scores * steps).sum(axis=1)
    expected = predict_from_scores(target, scores)
    wrong = np.where(judged, np.clip(wrong, 0, 1), 0.0)
    allowed = judged & (expected != labels)
    sure = allowed & (scores[rows, expected] >= SUSPICIOUS_PROBABILITY)
    number = max(_count_errors(labels[judged], scores[judged]), int(sure.sum()))
    return LabelErrors(wrong, _highest(wrong, allowed, number), expected, judged)


def _is_known_elsewhere(labels: NDArray[np.int64], folds: NDArray[np.int64], classes: int) -> NDArray[np.bool_]:
    """Whether another fold has the class of each label, (N,)."""
    have = np.zeros((classes, int(folds.max(initial=0)) + 1), bool)
    have[labels, folds] = True
    known: NDArray[np.bool_] = have.sum(axis=1)[labels] > 1
    return known


def _count_errors(labels: NDArray[np.int64], probabilities: Float) -> int:
    """Estimate how many of `labels` (N,) are wrong: the off-diagonal of the confident joint."""
    from cleanlab.count import num_label_issues

    present = np.unique(labels)
    if len(present) < 2:
        return 0
    # cleanlab would leave a class without rows undefined
    kept = probabilities[:, present]
    kept = kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12)
    return int(num_label_issues(np.searchsorted(present, labels), kept))


def _highest(wrong: Float, allowed: NDArray[np.bool_], number: int) -> NDArray[np.bool_]:
    """Mark the `number` highest of the `allowed`; of equals the first."""
    flagged = np.zeros(len(wrong), bool)
    flagged[np.argsort(np.where(allowed, -wrong, np.inf), kind="stable")[:number]] = True
    found: NDArray[np.bool_] = flagged & allowed
    return found


def _find_in_sets(members: NDArray[np.bool_], probabilities: Float, folds: NDArray[np.int64]) -> LabelErrors:
    """Find errors in sets of labels, `members` (N, C)."""
    wrong = np.where(members, 1 - probabilities, probabilities)
    flags, known = np.zeros(members.shape, bool), np.zeros(members.shape, bool)
    for c in range(members.shape[1]):
        yes, p = members[:, c].astype(np.int64), probabilities[:, c]
        known[:, c] = _is_known_elsewhere(yes, folds, 2)
        judged = known[:, c]
        sure = int((judged & (wrong[:, c] >= SUSPICIOUS_PROBABILITY)).sum())
        number = max(_count_errors(yes[judged], np.stack([1 - p, p], axis=1)[judged]), sure)
        flags[:, c] = _highest(wrong[:, c], judged & (wrong[:, c] > 0.5), number)
    wrong = np.where(known, wrong, 0.0)
    expected = np.where(flags, ~members, members).astype(np.float32)
    return LabelErrors(wrong.max(axis=1), np.any(flags, axis=1), expected, np.any(known, axis=1))


def _find_odd_numbers(values: Float, expected: Float) -> LabelErrors:
    """Find numbers far from what is expected of them."""
    residuals = values - expected
    residuals = residuals - np.median(residuals)
    middle = float(np.median(np.abs(residuals)))
    scale = middle / _NORMAL if middle > 0 else float(np.abs(residuals).mean()) or 1.0
    deviations = np.abs(residuals) / scale
    return LabelErrors(deviations, deviations > MAX_DEVIATIONS, expected, np.ones(len(values), bool))
