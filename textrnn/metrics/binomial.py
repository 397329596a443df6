"""The binomial distribution: tails, with the shares that give them."""

from __future__ import annotations

import math

_SMALLEST = 1e-17  # of a sum: what is smaller changes no bit of it
_ROUNDS = 200  # halvings and steps of Newton at most; about eight are taken


def at_most(successes: int, trials: int, share: float) -> float:
    """Return the probability of at most `successes` in `trials`, each with the probability `share`.

    >>> round(at_most(1, 3, 0.5), 12)
    0.5
    """
    if not 0 < share < 1:
        return float(successes >= (trials if share else 0))
    return _lower_tail(successes, trials, share, 1 - share)


def share_for_at_least(successes: int, trials: int, probability: float) -> float:
    """Return the share with which at least `successes`, 1 or more, of `trials` have the `probability`.

    >>> round(share_for_at_least(1, 2, 0.75), 12)
    0.5
    """
    low, high = 0.0, 1.0
    share = successes / (trials + 1)
    for _ in range(_ROUNDS):
        error = _lower_tail(trials - successes, trials, 1 - share, share) - probability
        low, high = (low, share) if error > 0 else (share, high)
        # the derivative is that of a beta distribution, trials * P(successes - 1 of trials - 1)
        slope = trials * _point(successes - 1, trials - 1, share, 1 - share)
        step = share - error / slope if slope else low
        following = step if low < step < high else (low + high) / 2
        if abs(following - share) <= 1e-16 * share or following in (low, high):
            return following
        share = following
    return share


def _lower_tail(successes: int, trials: int, share: float, other: float) -> float:
    """The probability of at most `successes`; `other` is 1 - `share`, both with all their digits.

    The tail beyond the mean is summed from its end inwards, each term from the one before: all are positive.
    """
    if successes < 0:
        return 0.0
    if successes >= trials:
        return 1.0
    if successes > trials * share:
        return 1 - _lower_tail(trials - successes - 1, trials, other, share)
    total = term = 1.0
    for i in range(successes, 0, -1):
        term *= i * other / ((trials - i + 1) * share)
        total += term
        if term < _SMALLEST * total:
            break
    return total * _point(successes, trials, share, other)


def _point(successes: int, trials: int, share: float, other: float) -> float:
    """The probability of exactly `successes`, in nearly all digits however many trials there are.

    Source: Loader 2000, "Fast and accurate computation of binomial probabilities".
    """
    if successes == 0 or successes == trials:
        alone, rest = (other, share) if successes == 0 else (share, other)
        return math.exp(trials * (math.log1p(-rest) if rest < 0.5 else math.log(alone))) if alone else float(not trials)
    failures = trials - successes
    exponent = _stirling_error(trials) - _stirling_error(successes) - _stirling_error(failures)
    exponent -= _deviance(successes, trials * share) + _deviance(failures, trials * other)
    return math.exp(exponent) * math.sqrt(trials / (2 * math.pi * successes * failures))


def _stirling_error(n: int) -> float:
    """log(n!) less Stirling's formula for it."""
    if n < 16:
        return math.log(math.factorial(n) / n**n * math.exp(n) / math.sqrt(2 * math.pi * n))
    square = n * n
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n


def _deviance(found: float, expected: float) -> float:
    """Return found * log(found / expected) + expected - found, also where the two are close."""
    difference, total = found - expected, found + expected
    if abs(difference) >= 0.1 * total:
        return found * math.log(found / expected) - difference
    ratio = difference / total
    value, power, odd = difference * ratio, 2 * found * ratio, 1
    while True:
        power *= ratio * ratio
        odd += 2
        following = value + power / odd
        if following == value:
            return value
        value = following
