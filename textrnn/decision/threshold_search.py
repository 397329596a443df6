"""Thresholds with a guarantee: fixed sequences of exact binomial tests on labelled rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.metrics.binomial import at_most

FIXED_SEQUENCE_STARTS = ((0.1, 0.2), (0.35, 0.8))  # shares of the rows, and of the risk, with which sequences begin
RANK_STEP = 1.02  # from one rank to the next
ROWS_GROWTH = 1.03  # from one number of rows to the next, where more are needed
MAX_ROWS = 1e7  # rows that anybody labels
UNREACHABLE_THRESHOLD = 2.0  # a threshold that no probability reaches

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FoundThreshold:
    """A threshold: what reaches it counts. Of the labelled rows `reached` do, `wrong` of them wrongly."""

    threshold: float
    reached: int
    wrong: int


def threshold_for_precision(
    scores: Floats, right: NDArray[np.bool_], precision: float, risk: float
) -> FoundThreshold | None:
    """Return the lowest threshold found above which a prediction is right with at least the probability `precision`.

    `scores` (N,) are the confidences of N predictions, `right` (N,) whether each is so. But for a chance of at most
    `risk`, over the draw of the rows, the precision on all rows of their kind is at least that asked for. None: no
    threshold passes its test.

    Above the k-th largest score the k - 1 others are independent draws of what is accepted there, so that the errors
    among them are binomial, whatever the scores are: the test is exact. Thresholds are tested from the highest down
    and the first that fails ends its sequence (fixed-sequence testing in Learn then Test, Angelopoulos et al. 2021);
    ranks are geometric. Several sequences share the risk, and one that comes to the start of the next brings its part
    along (the fallback procedure, Wiens & Dmitrienko 2005). The chance is exact where the precision falls below the
    target once as the threshold falls.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, wrong = scores[order], np.concatenate([[0], np.cumsum(~right[order])])
    starts = start_ranks(len(scores), precision, risk)
    level, best = 0.0, None
    for rank in _ranks(starts, len(scores)):
        level += starts.get(rank, 0.0)
        if level == 0:
            continue
        reached = len(scores) if rank == len(scores) else int(np.searchsorted(-ranked, -ranked[rank], side="left"))
        errors = int(wrong[reached])
        if reached and at_most(errors, reached, 1 - precision) <= level:
            least = math.nextafter(ranked[rank], math.inf) if rank < len(scores) else 0.0
            best = FoundThreshold(float(least), reached, errors)
        else:
            level = 0.0
    return best


def threshold_for_recall(scores: Floats, recall: float, risk: float) -> FoundThreshold | None:
    """Return the highest threshold that a row of the class reaches with at least the probability `recall`.

    `scores` (N,) are those of N rows of the class. But for a chance of at most `risk`, the recall on all rows of the
    class is at least that asked for: a one-sided tolerance limit (Wilks 1941), exact for scores without ties. None:
    there are too few rows.
    """
    count = len(scores)
    if not count or recall**count > risk:
        return None
    low, high = 1, count  # the k-th largest score: at least k of them are below the quantile with a chance that falls
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if at_most(middle - 1, count, recall) >= 1 - risk else (middle + 1, high)
    least = float(np.sort(scores)[::-1][low - 1])
    reached = int((scores >= least).sum())
    return FoundThreshold(least, reached, count - reached)


def start_ranks(count: int, precision: float, risk: float) -> dict[int, float]:
    """Return the ranks, of `count`, at which sequences of tests begin, with the part of the risk that each brings.

    A rank is one at which an error more is allowed than before. There is none where `count` rows pass no test.
    """
    found: dict[int, float] = {}
    left = risk
    for share, part in FIXED_SEQUENCE_STARTS:
        if min_rows_for_share(precision, risk * part) <= count:
            rank = max(min_rows_for_share(precision, risk * part), math.ceil(share * count))
            rank = _last_step(rank, precision, risk * part)
            found[rank] = found.get(rank, 0.0) + risk * part
            left -= risk * part
    if not found and min_rows_for_share(precision, risk) <= count:
        return {min_rows_for_share(precision, risk): risk}
    if found:
        found[max(found)] += left
    return found


def min_rows_for_share(share: float, risk: float) -> int:
    """Return how many rows, all right, show that at least the `share` is right, but for the `risk`.

    >>> min_rows_for_share(0.95, 0.1)
    45
    """
    return math.ceil(math.log(risk) / math.log(share) - 1e-9)


def rows_for_precision(scores: Floats, right: NDArray[np.bool_], precision: float, risk: float) -> int | None:
    """Return about how many rows like these N would be needed for a threshold; None where no number would do.

    It reckons with the precision above one of their own scores, with half an error more, at the score at which the
    fewest are needed, and with as many errors as five draws in six have.
    """
    order = np.argsort(-scores, kind="stable")
    reached = np.arange(1, len(scores) + 1)
    share = (np.cumsum(~right[order]) + 0.5) / (reached + 1)
    few = share < 1 - precision
    if not few.any():
        return None
    share, kept = share[few], reached[few] / len(scores)
    gain = share * np.log(share / (1 - precision)) + (1 - share) * np.log((1 - share) / precision)
    best = int(np.argmax(gain * kept))
    needed, each = 1.0, float(share[best])
    while at_most(_many(needed, each), math.floor(needed), 1 - precision) > risk * FIXED_SEQUENCE_STARTS[-1][1]:
        needed = max(needed * ROWS_GROWTH, needed + 1)
        if needed > MAX_ROWS:
            return None
    return math.ceil(needed / float(kept[best]))


def _many(rows: float, share: float) -> int:
    """More errors than most draws of so many `rows` have: a standard deviation above the mean."""
    return math.floor(rows * share + math.sqrt(rows * share * (1 - share)))


def _last_step(rank: int, precision: float, risk: float) -> int:
    """The last rank up to `rank` at which a test allows an error more than at the rank before."""
    allowed = 0
    while at_most(allowed + 1, rank, 1 - precision) <= risk:
        allowed += 1
    while at_most(allowed, rank - 1, 1 - precision) <= risk:
        rank -= 1
    return rank


def _ranks(starts: Mapping[int, float], count: int) -> list[int]:
    """The ranks that are tested, rising: from the first start in steps of a few percent, all starts, the last row."""
    if not starts:
        return []
    found, rank = {*starts, count}, float(min(starts))
    while rank < count:
        found.add(round(rank))
        rank = max(rank * RANK_STEP, rank + 1)
    return sorted(found)
