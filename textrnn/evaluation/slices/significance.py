"""Whether the rows of a group are worse than the others by more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def compare_group(errors: NDArray[np.float64], members: NDArray[np.bool_]) -> float:
    """Return the two-sided p-value of the difference in mean of `errors` (N,) between members and others.

    Errors of 0 and 1 are tested by Fisher's exact test, others by Welch's test with a normal distribution.
    """
    inside, outside = errors[members], errors[~members]
    if len(inside) < 2 or len(outside) < 2:
        return 1.0
    if np.isin(errors, (0.0, 1.0)).all():
        return fisher(int(inside.sum()), len(inside), int(outside.sum()), len(outside))
    deviation = math.sqrt(inside.var(ddof=1) / len(inside) + outside.var(ddof=1) / len(outside))
    return math.erfc(abs(inside.mean() - outside.mean()) / deviation / math.sqrt(2)) if deviation else 1.0


def fisher(first: int, first_total: int, second: int, second_total: int) -> float:
    """Return twice the smaller tail of Fisher's exact test of two shares, at most 1.

    >>> round(fisher(8, 10, 1, 10), 5)
    0.00548
    """
    hits, total = first + second, first_total + second_total
    low, high = max(0, hits - second_total), min(hits, first_total)
    logs = np.array([_log_choose(first_total, k) + _log_choose(second_total, hits - k) for k in range(low, high + 1)])
    shares = np.exp(logs - _log_choose(total, hits))
    at = first - low
    return float(min(1.0, 2 * min(shares[: at + 1].sum(), shares[at:].sum())))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values corrected for testing all of them (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    found, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        found[place] = highest
    return found


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
