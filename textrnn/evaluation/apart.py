"""What a report holds where texts have several labels, or a number: what `measure` has for one class a text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.corpus import Examples
from textrnn.data.target import Target, decode_labels
from textrnn.evaluation.headline import HEADLINES
from textrnn.evaluation.measure import TEXT_SHOWN, Float, measure_calibration, measure_difference
from textrnn.evaluation.wording import clean_text, p_value_words
from textrnn.metrics.kinds import average_precision_of, multi_scorer
from textrnn.metrics.metrics import class_scores
from textrnn.metrics.significance import LEVEL, bootstrap_intervals
from textrnn.metrics.wilcoxon import signed_rank_p

Bool = NDArray[np.bool_]
POINTS = 2_000  # of predicted against true values that are drawn


def measure_labels(members: Bool, said: Float, chosen: Bool, target: Target, thresholds: Float) -> list[dict[str, Any]]:
    """A row a class, as `measure_classes` has it, with its threshold and average precision (None without a text)."""
    rows = []
    for c, name in enumerate(target.names):
        one = class_scores(members[:, c].astype(np.int64), chosen[:, c].astype(np.int64), 2)
        precision = average_precision_of(members[:, c], said[:, c])(np.ones(len(members)))
        rows.append(
            {
                "name": name,
                "precision": float(one.precision[1]),
                "recall": float(one.recall[1]),
                "f1": float(one.f1[1]),
                "average_precision": precision,
                "threshold": float(thresholds[c]),
                "support": int(one.support[1]),
                "predicted": int(one.predicted[1]),
                "intervals": {},
            }
        )
    return rows


def pooled_calibration(members: Bool, said: Float) -> dict[str, Any]:
    """The calibration of all labels' probabilities together: is a label said with 0.2 there once in five texts?"""
    pair = np.stack([1 - said.ravel(), said.ravel()], axis=1)
    return measure_calibration(members.ravel().astype(np.int64), pair)


def compare_labels(
    members: Bool, ours: tuple[Float, Bool], theirs: tuple[Float, Bool], config: EvaluateConfig
) -> dict[str, Any]:
    """The classifier's (probabilities, answers) against the baseline's: the difference of macro F1 with its paired
    bootstrap interval, and McNemar's test of who has which texts exactly right. A winner is named where both say the
    same.
    """
    scorers = [multi_scorer(members, *pair) for pair in (ours, theirs)]
    found = measure_difference(members, ours[1], theirs[1], config)

    def gain(weights: Float) -> dict[str, float]:
        first, second = (scorer(weights)["macro_f1"] for scorer in scorers)
        return {"difference": first - second}

    return _put_together("multi", gain, len(members), found["p_value"], config, found)


def compare_numbers(values: Float, ours: Float, theirs: Float, config: EvaluateConfig) -> dict[str, Any]:
    """The classifier's values against the baseline's: by how much its mean absolute error is the smaller, with the
    paired bootstrap interval, and Wilcoxon's signed-rank test.
    """
    first, second = np.abs(ours - values), np.abs(theirs - values)

    def gain(weights: Float) -> dict[str, float]:
        return {"difference": float(weights @ (second - first) / weights.sum())}

    counts = {
        "only_classifier": int((first < second).sum()),
        "only_baseline": int((second < first).sum()),
        "method": "signed ranks of absolute errors",
    }
    return _put_together("number", gain, len(values), signed_rank_p(first, second), config, counts)


def _put_together(
    kind: Any, gain: Any, examples: int, p_value: float, config: EvaluateConfig, counts: dict[str, Any]
) -> dict[str, Any]:
    """A comparison as plain JSON; `gain` gives the difference for weights, above 0 where the classifier is better."""
    difference = gain(np.ones(examples))["difference"]
    intervals = bootstrap_intervals(gain, examples, resamples=config.bootstrap, seed=config.seed)
    low, high = intervals.get("difference", (None, None))
    sure = low is None or high is None or not low <= 0 <= high
    shown = p_value < LEVEL and difference != 0 and sure and (config.bootstrap == 0 or low is not None)
    winner = None if not shown else "classifier" if difference > 0 else "baseline"
    headline = HEADLINES[kind]
    ahead = "the classifier" if difference >= 0 else "the baseline"
    sign = 1 if difference >= 0 else -1
    ends = [] if low is None or high is None else sorted([sign * low, sign * high])
    interval = f" (95 % {ends[0]:.3f}..{ends[1]:.3f})" if ends else ""
    chance = f"{headline.test} {p_value_words(p_value)}"
    better = "higher" if headline.sign > 0 else "lower"
    by = f"a {headline.words} that is {abs(difference):.3f} {better}"
    words = f"{ahead} wins with {by}" if winner else f"no difference shown: {ahead} has {by}, which may be chance"
    if difference == 0:
        words = f"no difference shown: both have the same {headline.words}"
    return {
        **counts,
        "score": headline.name,
        "test": headline.test,
        "difference": difference,
        "low": low,
        "high": high,
        "p_value": p_value,
        "winner": winner,
        "verdict": f"{words}{interval}, {chance}",
    }


def label_errors(
    examples: Examples, members: Bool, said: Float, chosen: Bool, target: Target, most: int
) -> list[dict[str, Any]]:
    """The texts whose labels are the least likely by what is said, of those that are not exactly right."""
    tiny = float(np.finfo(np.float64).eps)
    losses = -np.log(np.clip(np.where(members, said, 1 - said), tiny, 1)).sum(axis=1)
    wrong = np.flatnonzero((members != chosen).any(axis=1))
    worst = wrong[np.argsort(-losses[wrong], kind="stable")][:most]
    true, found = decode_labels(target, members[worst]), decode_labels(target, chosen[worst])
    return [
        {
            "row": int(examples.rows[i]),
            "text": clean_text(examples.texts[int(i)], TEXT_SHOWN),
            "true": _listed(true[place]),
            "predicted": _listed(found[place]),
            "log_loss": float(losses[i]),
        }
        for place, i in enumerate(worst.tolist())
    ]


def number_errors(examples: Examples, values: Float, said: Float, most: int) -> list[dict[str, Any]]:
    """The texts whose number is the farthest off."""
    off = np.abs(said - values)
    return [
        {
            "row": int(examples.rows[i]),
            "text": clean_text(examples.texts[i], TEXT_SHOWN),
            "true": f"{values[i]:.6g}",
            "predicted": f"{said[i]:.6g}",
            "off": float(said[i] - values[i]),
        }
        for i in np.argsort(-off, kind="stable")[:most].tolist()
    ]


def number_points(values: Float, said: Float) -> list[list[float]]:
    """Up to 2,000 pairs (true, predicted), every so-manyth in the order of the examples, for a picture."""
    step = -(-len(values) // POINTS)
    return [[float(f"{x:.4g}"), float(f"{y:.4g}")] for x, y in zip(values[::step], said[::step], strict=True)]


def _listed(label: object) -> str:
    return ", ".join(label) if isinstance(label, tuple) and label else "none of them"
