"""Thresholds fitted on labelled rows to a request: precision, recall, coverage, minimum probability, costs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, accepts, choose, compute_scores, confidence, probability_of
from textrnn.decision.promise import Promise
from textrnn.decision.request import Request, require_possible
from textrnn.decision.threshold_search import (
    UNREACHABLE_THRESHOLD,
    FoundThreshold,
    min_rows_for_share,
    rows_for_precision,
    threshold_for_precision,
    threshold_for_recall,
)
from textrnn.metrics.binomial import share_for_at_least

CONFIDENCE_DIGITS = 4  # of a minimum confidence


def apply_request(
    decision: Decision, logits: BranchLogits, labels: NDArray[Any], target: Target, request: Request
) -> Decision:
    """Return `decision` with the thresholds that `request` needs, found on N labelled rows with these `logits`, and
    what they promise. What an earlier request set is gone; weights and calibration stay.

    Where nothing gives what was asked no prediction of the class is accepted, and the promise does not hold. Raises
    ConfigError for a request that has no meaning for the `target`.
    """
    classes = require_possible(request, target)
    plain = replace(decision, min_confidence=None, accept=(), lowered=(), costs=(), promises=())
    scores = compute_scores(plain, logits)
    if target.kind == "multi":
        return _of_labels(plain, scores, labels > 0, request, classes or tuple(range(target.outputs)))
    match request.measure:
        case "precision":
            return _precise(plain, scores, labels, request, classes, target.outputs)
        case "recall":
            return _sensitive(plain, scores, labels, request, classes[0], target.outputs)
        case "coverage":
            found = set_min_confidence(plain, logits, request.coverage or 1.0)
        case "abstain_below":
            found = replace(plain, accept=(float(request.abstain_below or 0),))
        case _:
            found = replace(plain, costs=request.costs or ())
    return _counted(found, logits, scores, labels, request)


def set_min_confidence(decision: Decision, logits: BranchLogits, coverage: float) -> Decision:
    """Set the highest minimum confidence of `decision` that accepts the share `coverage` of texts with these `logits`.

    Out-of-distribution texts have unusually low confidence (Hendrycks & Gimpel 2017, "A baseline for detecting
    misclassified and out-of-distribution examples").
    """
    sure = np.sort(confidence(decision, logits))[::-1]
    if coverage == 1 or not len(sure):
        return decision
    last = float(sure[math.ceil(coverage * len(sure)) - 1])
    return replace(decision, min_confidence=math.floor(last * 10**CONFIDENCE_DIGITS) / 10**CONFIDENCE_DIGITS)


def _precise(
    decision: Decision,
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    request: Request,
    classes: tuple[int, ...],
    outputs: int,
) -> Decision:
    """Accept by the probability of the prediction: by one threshold, or one for each of the `classes`."""
    chosen = np.asarray(choose(decision, scores), np.int64)
    own, right = probability_of(scores, chosen), chosen == labels
    if not classes:
        least, promise = _precise_part(own, right, request, None, len(labels))
        return replace(decision, accept=(least,) if least > 0 else (), promises=(promise,))
    accept, promises = [0.0] * outputs, []
    for label in classes:
        of_class = chosen == label
        accept[label], promise = _precise_part(own[of_class], right[of_class], request, label, len(labels))
        promises.append(promise)
    return replace(decision, accept=tuple(accept), promises=tuple(promises))


def _precise_part(
    scores: NDArray[np.float64], right: NDArray[np.bool_], request: Request, label: int | None, rows: int
) -> tuple[float, Promise]:
    """The threshold of some predictions, out of so many labelled `rows`, and its promise."""
    precision = request.precision or 0.0
    found = threshold_for_precision(scores, right, precision, request.risk)
    if found is not None:
        return found.threshold, _kept("precision", precision, label, len(scores), found, request)
    needed = rows_for_precision(scores, right, precision, request.risk)
    total = math.ceil(needed * rows / len(scores)) - rows if needed is not None else None
    return UNREACHABLE_THRESHOLD, Promise(
        "precision",
        precision,
        label,
        len(scores),
        holds=False,
        needed=total if total is None else max(total, rows // 10, 1),
    )


def _sensitive(
    decision: Decision,
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    request: Request,
    label: int,
    outputs: int,
) -> Decision:
    """Predict the class where its probability reaches a threshold, too."""
    own = scores[labels == label, label]
    least, promise = _sensitive_part(own, request, label, len(labels))
    lowered = [UNREACHABLE_THRESHOLD] * outputs
    lowered[label] = least
    return replace(decision, lowered=tuple(lowered), promises=(promise,))


def _sensitive_part(own: NDArray[np.float64], request: Request, label: int, rows: int) -> tuple[float, Promise]:
    recall = request.recall or 0.0
    found = threshold_for_recall(own, recall, request.risk)
    if found is not None:
        return found.threshold, _kept("recall", recall, label, len(own), found, request)
    more = min_rows_for_share(recall, request.risk) - len(own)
    needed = math.ceil(more * rows / len(own)) if len(own) else None
    return UNREACHABLE_THRESHOLD, Promise("recall", recall, label, len(own), holds=False, needed=needed)


def _of_labels(
    decision: Decision,
    scores: NDArray[np.float64],
    members: NDArray[np.bool_],
    request: Request,
    classes: tuple[int, ...],
) -> Decision:
    """A threshold for each of the labels `classes`, each with the confidence by itself."""
    thresholds = list(decision.thresholds or (0.5,) * scores.shape[1])
    promises = []
    for label in classes:
        own, is_member = scores[:, label], members[:, label]
        if request.measure == "precision":
            thresholds[label], promise = _precise_part(own, is_member, request, label, len(own))
        else:
            least, promise = _sensitive_part(own[is_member], request, label, len(own))
            thresholds[label] = least if promise.holds else thresholds[label]
        promises.append(promise)
    return replace(decision, thresholds=tuple(thresholds), promises=tuple(promises))


def _counted(
    decision: Decision,
    logits: BranchLogits,
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    request: Request,
) -> Decision:
    """`decision` with what is accepted of the rows; a threshold that no row chose has a bound of its precision."""
    standing = accepts(decision, logits, scores)
    right = (choose(decision, scores) == labels) & standing
    count, correct = int(standing.sum()), int(right.sum())
    is_bounded = request.measure == "abstain_below" and correct > 0
    promise = Promise(
        request.measure,  # type: ignore[arg-type]
        getattr(request, request.measure) if request.measure != "costs" else None,
        None,
        len(labels),
        count,
        count - correct,
        request.confidence if is_bounded else None,
        share_for_at_least(correct, count, request.risk) if is_bounded else None,
    )
    return replace(decision, promises=(promise,))


def _kept(
    measure: Any, target: float, label: int | None, rows: int, found: FoundThreshold, request: Request
) -> Promise:
    return Promise(measure, target, label, rows, found.reached, found.wrong, request.confidence, target)
