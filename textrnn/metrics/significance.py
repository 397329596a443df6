"""Statistical significance: bootstrap intervals, paired tests of two classifiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from textrnn.metrics.binomial import at_most, share_for_at_least

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Interval = tuple[float, float]

SIGNIFICANCE_LEVEL = 0.05  # the level of significance


@dataclass(frozen=True)
class McNemar:
    """The exact test of McNemar for two classifiers on the same examples.

    `only_first` and `only_second` count the examples that only one classifier got right; `p_value` is two-sided.
    `share` is the 95 % interval of the first one's share of them, None if there are none; it excludes one half exactly
    if p is below 0.05.
    """

    only_first: int
    only_second: int
    p_value: float
    share: Interval | None


@dataclass(frozen=True)
class Comparison:
    """The difference in accuracy of two classifiers on the same examples.

    `interval` is the 95 % interval of `difference`, None if both are correct on the same examples. It is derived from
    the test: it excludes 0 exactly if the test is significant.
    """

    difference: float
    interval: Interval | None
    mcnemar: McNemar

    @property
    def winner(self) -> Literal["first", "second"] | None:
        """The significantly more accurate classifier, or None."""
        if not self.mcnemar.p_value < SIGNIFICANCE_LEVEL:
            return None
        return "first" if self.difference > 0 else "second"


def draw_weights(examples: int, resamples: int, seed: int) -> Iterator[Float]:
    """Yield the counts (N,) float64 of each bootstrap resample of N `examples`; they sum to N.

    Equal arguments give equal resamples, so that two classifiers can be scored on the same ones.
    """
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        drawn = random.integers(0, examples, examples)
        yield np.bincount(drawn, minlength=examples).astype(np.float64)


def bootstrap_intervals(
    score: Callable[[Float], Mapping[str, float]], examples: int, *, resamples: int, seed: int
) -> dict[str, Interval]:
    """Return the 95 % percentile interval of each score of `score`, a function of weights (N,).

    Resamples in which a score is undefined (NaN) are left out of its interval. A score that is equal in all resamples
    has no interval: resampling does not show its uncertainty.
    Source: Efron & Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
    """
    rows = [score(weights) for weights in draw_weights(examples, resamples, seed)]
    names = rows[0] if rows else ()
    columns = {name: np.array([row[name] for row in rows]) for name in names}
    return {name: _middle(column) for name, column in columns.items() if _varies(column)}


def mcnemar(first: Bool, second: Bool) -> McNemar:
    """Test whether two classifiers differ in accuracy; `first` and `second` (N,) say which examples each got right.

    The exact two-sided binomial test of the examples that only one got right, with its confidence interval.
    Source: McNemar 1947, Psychometrika 12; Clopper & Pearson 1934, Biometrika 26 (the interval).
    """
    a, b = int((first & ~second).sum()), int((second & ~first).sum())
    if not a + b:
        return McNemar(a, b, 1.0, None)
    low = share_for_at_least(a, a + b, SIGNIFICANCE_LEVEL / 2) if a else 0.0
    high = share_for_at_least(a + 1, a + b, 1 - SIGNIFICANCE_LEVEL / 2) if b else 1.0
    return McNemar(a, b, min(1.0, 2 * at_most(min(a, b), a + b, 0.5)), (low, high))


def compare(first: Bool, second: Bool) -> Comparison:
    """Compare the accuracy of two classifiers; `first` and `second` (N,) say which examples each got right."""
    found = mcnemar(first, second)
    one_alone, examples = found.only_first + found.only_second, max(len(first), 1)
    interval = None
    if found.share is not None:
        low, high = ((2 * share - 1) * one_alone / examples for share in found.share)
        interval = low, high
    return Comparison((found.only_first - found.only_second) / examples, interval, found)


def wilson_interval(hits: NDArray[np.integer], totals: NDArray[np.integer]) -> tuple[Float, Float]:
    """Return the 95 % Wilson interval of `hits / totals` (K,), low and high (K,); 0 and 1 where the total is 0.

    Source: Wilson 1927, JASA 22.
    """
    z = 1.959963984540054
    count = np.maximum(totals, 1).astype(np.float64)
    share = hits / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    empty = np.asarray(totals) == 0
    low = np.where(empty, 0.0, np.clip(centre - reach, 0.0, share))
    return low, np.where(empty, 1.0, np.clip(centre + reach, share, 1.0))


def _varies(values: Float) -> bool:
    numbers = values[~np.isnan(values)]
    return bool(len(numbers)) and bool(numbers.max() > numbers.min())


def _middle(values: Float) -> Interval:
    """Return the central 95 % of the values that are not NaN."""
    low, high = np.percentile(values[~np.isnan(values)], [2.5, 97.5])
    return float(low), float(high)
