"""A threshold keeps what it promises, on made scores whose true precision and recall are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from textrnn.decision.threshold_search import (
    UNREACHABLE_THRESHOLD,
    min_rows_for_share,
    rows_for_precision,
    start_ranks,
    threshold_for_precision,
    threshold_for_recall,
)
from textrnn.metrics.binomial import at_most, share_for_at_least

RISK = 0.1
DRAWS = 400
MOST_FAILURES = 49  # of 400 draws with a chance of a tenth each, fewer than 5 in 100 times more


def failures_allowed() -> int:
    """The failures above which a one-sided binomial test at 95 % refuses a chance of a tenth."""
    return next(k for k in range(DRAWS) if at_most(k, DRAWS, RISK) >= 0.95)


class Made:
    """Scores uniform in (0, 1); a prediction of the score s is right with the probability `right(s)`."""

    def __init__(self, kind: str) -> None:
        knots = np.linspace(0, 1, 2001)
        shapes = {
            "rising": 0.7 + 0.3 * knots,
            "flat below": np.where(knots < 0.5, 0.80, 0.99),
            "just short everywhere": np.full_like(knots, 0.899),
            "wrong at the top": np.where(knots > 0.98, 0.5, 0.75 + 0.25 * knots),
            "steps": 0.6 + 0.4 * np.floor(knots * 5) / 5,
        }
        self.knots, self.chance = knots, shapes[kind]
        above = np.cumsum(self.chance[::-1])[::-1]
        self.precision_above = above / np.arange(len(knots), 0, -1)

    def draw(self, chance: np.random.Generator, rows: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        scores = chance.random(rows)
        return scores, chance.random(rows) < np.interp(scores, self.knots, self.chance)

    def precision(self, least: float) -> float:
        """The true precision of what reaches `least`."""
        return float(np.interp(least, self.knots, self.precision_above))


def test_what_is_allowed_is_what_a_binomial_test_allows() -> None:
    assert failures_allowed() == MOST_FAILURES + 1


@pytest.mark.parametrize("kind", ["rising", "flat below", "just short everywhere", "wrong at the top", "steps"])
@pytest.mark.parametrize("rows", [150, 600])
def test_the_true_precision_falls_short_in_a_tenth_of_the_draws_at_most(kind: str, rows: int) -> None:
    made, chance, failed = Made(kind), np.random.default_rng(rows), 0
    for _ in range(DRAWS):
        found = threshold_for_precision(*made.draw(chance, rows), 0.9, RISK)
        failed += found is not None and made.precision(found.threshold) < 0.9
    assert failed <= MOST_FAILURES


def test_coverage_is_near_that_of_a_bare_clopper_pearson_threshold() -> None:
    made, chance, ours, bare = Made("rising"), np.random.default_rng(1), 0, 0
    for _ in range(60):
        scores, right = made.draw(chance, 1000)
        found = threshold_for_precision(scores, right, 0.9, RISK)
        ours += found.reached if found else 0
        wrong = np.cumsum(~right[np.argsort(-scores)])
        bare += max((m for m in range(20, 1001, 5) if at_most(int(wrong[m - 1]), m, 0.1) <= RISK), default=0)
    assert ours >= 0.9 * bare > 0


@pytest.mark.parametrize("rows", [60, 300])
def test_the_true_recall_falls_short_in_a_tenth_of_the_draws_at_most(rows: int) -> None:
    chance, failed, tight = np.random.default_rng(rows), 0, 0
    for _ in range(DRAWS):
        found = threshold_for_recall(chance.random(rows), 0.9, RISK)
        assert found is not None
        failed += 1 - found.threshold < 0.9  # the true recall of uniform scores
        tight += 1 - found.threshold < 0.97
    assert failed <= MOST_FAILURES
    assert tight > DRAWS / 2, "and it gives away no more than it must"


def test_a_least_recall_is_the_order_statistic_of_a_tolerance_limit() -> None:
    scores = np.arange(100) / 100
    found = threshold_for_recall(scores, 0.9, RISK)
    assert found is not None
    k = found.reached  # the k-th largest: the recall above it is beta (k, n - k + 1)
    assert at_most(k - 1, 100, 0.9) >= 1 - RISK > at_most(k - 2, 100, 0.9)
    assert found.threshold == pytest.approx(1 - k / 100)
    assert threshold_for_recall(scores[:21], 0.9, RISK) is None, "0.9 ** 21 > 0.1"
    assert threshold_for_recall(scores[:22], 0.9, RISK) is not None


ROWS = st.integers(1, 120).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 20).map(lambda x: x / 20), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)


@settings(max_examples=60)
@given(ROWS, st.floats(0.3, 0.97), st.floats(0.02, 0.4))
def test_what_is_found_is_what_its_counts_say(
    rows: tuple[list[float], list[bool]], precision: float, risk: float
) -> None:
    scores, right = np.array(rows[0]), np.array(rows[1])
    found = threshold_for_precision(scores, right, precision, risk)
    if found is None:
        return
    accepted = scores >= found.threshold
    assert found.reached == accepted.sum() > 0
    assert found.wrong == (accepted & ~right).sum()
    assert at_most(found.wrong, found.reached, 1 - precision) <= risk, "the level of its test"
    correct = found.reached - found.wrong
    assert share_for_at_least(correct, found.reached, risk) >= precision - 1e-12
    assert found.threshold < UNREACHABLE_THRESHOLD


def test_the_order_of_rows_and_their_scale_change_nothing() -> None:
    scores, right = Made("rising").draw(np.random.default_rng(3), 400)
    order = np.random.default_rng(4).permutation(400)
    found, again = (
        threshold_for_precision(scores, right, 0.9, RISK),
        threshold_for_precision(scores[order], right[order], 0.9, RISK),
    )
    doubled = threshold_for_precision(scores / 2, right, 0.9, RISK)
    assert found is not None
    assert doubled is not None
    assert found == again
    assert (doubled.reached, doubled.wrong) == (found.reached, found.wrong)


def test_where_none_can_be_found_it_says_how_many_rows_would() -> None:
    made, chance = Made("rising"), np.random.default_rng(5)
    scores, right = made.draw(chance, 40)
    assert threshold_for_precision(scores, right, 0.9, RISK) is None
    needed = rows_for_precision(scores, right, 0.9, RISK)
    assert needed is not None
    assert 40 < needed < 4000
    found = [threshold_for_precision(*made.draw(chance, 2 * needed), 0.9, RISK) for _ in range(20)]
    assert sum(each is not None for each in found) >= 15
    assert rows_for_precision(scores, np.zeros(40, bool), 0.9, RISK) is None
    assert rows_for_precision(scores[:0], right[:0], 0.9, RISK) is None
    assert threshold_for_precision(scores[:0], right[:0], 0.9, RISK) is None


@given(st.integers(1, 5000), st.floats(0.5, 0.995), st.floats(0.01, 0.5))
@settings(max_examples=60)
def test_the_sequences_share_the_risk(rows: int, precision: float, risk: float) -> None:
    starts = start_ranks(rows, precision, risk)
    if starts:
        assert math.fsum(starts.values()) == pytest.approx(risk)
        assert all(1 <= rank <= rows for rank in starts)
    else:
        assert min_rows_for_share(precision, risk) > rows


def test_the_sequences_share_the_risk_that_is_there() -> None:
    """One that fails at once takes its part along: what is left must do."""
    rows, precision = 300, 0.9
    first, last = sorted(start_ranks(rows, precision, RISK))
    wrong = np.zeros(rows, bool)
    wrong[: first // 2] = True  # so that the first sequence ends where it begins
    scores = np.linspace(1, 0, rows)
    lenient = [m for m in range(last, rows + 1) if at_most(m // 20, m, 1 - precision) <= RISK * 0.8]
    assert lenient
    assert threshold_for_precision(scores, ~wrong, precision, RISK) is None
    level = start_ranks(rows, precision, RISK)[last]
    assert level == pytest.approx(0.8 * RISK)
    between = next(k for k in range(rows) if at_most(k, last, 1 - precision) > level)
    late = np.zeros(rows, bool)
    late[:between] = True  # an error more than the part of the risk allows at the last start, on and on
    late[last:] = True
    assert threshold_for_precision(scores, ~late, precision, RISK) is None


def test_a_test_that_fails_ends_its_sequence() -> None:
    rows = 400
    scores, wrong = np.linspace(1, 0, rows), np.zeros(rows, bool)
    last = max(start_ranks(rows, 0.9, RISK))
    wrong[last + 20 : last + 50] = True  # it fails, though all rows together would pass
    assert at_most(int(wrong.sum()), rows, 0.1) <= RISK
    found = threshold_for_precision(scores, ~wrong, 0.9, RISK)
    assert found is not None
    assert last <= found.reached < last + 50
