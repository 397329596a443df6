"""The comparison of two models by a paired bootstrap interval, with its verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from textrnn.config.data import TargetKind
from textrnn.config.evaluate import EvaluateConfig
from textrnn.evaluation.formatting import format_interval
from textrnn.evaluation.headline import HEADLINES, Headline
from textrnn.evaluation.measure import Float
from textrnn.metrics.significance import Interval, bootstrap_intervals

DEFAULT_NAMES = "the classifier", "the baseline"


def compare_by_bootstrap(
    kind: TargetKind,
    gain: Callable[[Float], dict[str, float]],
    examples: int,
    config: EvaluateConfig,
    counts: dict[str, int],
    called: tuple[str, str],
) -> dict[str, Any]:
    """Return a comparison as plain JSON; `gain` maps weights to the difference, positive if the classifier is better.

    There is a winner if the 95 % interval excludes 0, and none without resamples.
    """
    difference = gain(np.ones(examples))["difference"]
    found = bootstrap_intervals(gain, examples, resamples=config.bootstrap, seed=config.seed).get("difference")
    shown = found is not None and not found[0] <= 0 <= found[1]
    winner = None if not shown else "classifier" if difference > 0 else "baseline"
    low, high = found or (None, None)
    headline = HEADLINES[kind]
    return {
        **counts,
        "score": headline.name,
        "test": headline.test,
        "difference": difference,
        "low": low,
        "high": high,
        "p_value": None,
        "winner": winner,
        "verdict": _verdict(headline, difference, winner, found, called, tested=config.bootstrap > 0),
    }


def _verdict(
    headline: Headline,
    difference: float,
    winner: str | None,
    found: Interval | None,
    called: tuple[str, str],
    *,
    tested: bool,
) -> str:
    """Describe the winner and the interval that decides."""
    sign = 1 if difference >= 0 else -1
    interval = format_interval(sign, *found) if found else ""
    if difference == 0:
        return f"no difference shown: {called[0]} and {called[1]} have the same {headline.words}{interval}"
    better = "higher" if headline.sign > 0 else "lower"
    ahead, behind = called[::sign]
    by = f"a {headline.words} that is {abs(difference):.3f} {better} than that of {behind}"
    if winner:
        return f"{ahead} wins with {by}{interval}"
    chance = "which may be chance" if tested else "not tested, since evaluate.bootstrap is 0"
    return f"no difference shown: {ahead} has {by}, {chance}{interval}"
