"""Tails equal exact fractions; the shares that give them equal scipy's."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv

from textrnn.metrics.binomial import at_most, share_for_at_least


def exactly(successes: int, trials: int, share: Fraction) -> Fraction:
    return sum(
        (comb(trials, i) * share**i * (1 - share) ** (trials - i) for i in range(successes + 1)), start=Fraction(0)
    )


@given(st.integers(1, 90), st.data(), st.sampled_from([1, 8, 32, 60, 63]))
def test_a_tail_equals_the_sum_of_fractions(trials: int, data: st.DataObject, eighths: int) -> None:
    successes, share = data.draw(st.integers(0, trials)), Fraction(eighths, 64)
    expected = exactly(successes, trials, share)
    assert at_most(successes, trials, float(share)) == pytest.approx(float(expected), rel=1e-13)


@pytest.mark.parametrize(("trials", "successes"), [(2000, 950), (9001, 4500), (28977, 14171), (28977, 9)])
def test_a_tail_of_many_trials_keeps_its_digits(trials: int, successes: int) -> None:
    """Where scipy's own bdtr has lost five of them."""
    term = total = 1
    for i in range(1, successes + 1):
        term = term * (trials - i + 1) // i
        total += term
    expected = Fraction(total, 2**trials)
    if expected < Fraction(1, 10**290):
        assert at_most(successes, trials, 0.5) < 1e-290
    else:
        assert at_most(successes, trials, 0.5) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(("successes", "expected"), [(-1, 0.0), (5, 1.0), (6, 1.0)])
def test_a_tail_of_nothing_or_all(successes: int, expected: float) -> None:
    assert at_most(successes, 5, 0.3) == expected
    assert at_most(0, 5, 0.0) == 1.0
    assert at_most(4, 5, 1.0) == 0.0


@given(st.integers(1, 40_000), st.data(), st.sampled_from([1e-6, 0.025, 0.5, 0.975]))
def test_a_share_equals_scipys(trials: int, data: st.DataObject, probability: float) -> None:
    successes = data.draw(st.integers(1, trials))
    expected = float(betaincinv(successes, trials - successes + 1, probability))
    assert share_for_at_least(successes, trials, probability) == pytest.approx(expected, rel=1e-11)


@given(st.integers(1, 500), st.data())
def test_a_share_gives_the_tail_that_was_wanted(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(1, trials))
    share = share_for_at_least(successes, trials, 0.975)
    assert 1 - at_most(successes - 1, trials, share) == pytest.approx(0.975, rel=1e-12)
