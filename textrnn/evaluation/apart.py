"""Measures of multi-label or numeric predictions; `measure` has those of single labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.corpus import Examples
from textrnn.data.target import Target, decode_labels
from textrnn.evaluation.formatting import clean_text, ends_words
from textrnn.evaluation.headline import HEADLINES, Headline, is_correct
from textrnn.evaluation.measure import TEXT_SHOWN, Float, measure_calibration, place_of
from textrnn.metrics.metrics import class_scores
from textrnn.metrics.scorers import average_precision_of, multilabel_scorer
from textrnn.metrics.significance import Interval, bootstrap_intervals

Bool = NDArray[np.bool_]
PAIR = "the classifier", "the baseline"
POINTS = 2_000  # points of the plot of predicted against true values


def measure_labels(
    members: Bool, scores: Float, predictions: Bool, target: Target, thresholds: Float
) -> list[dict[str, Any]]:
    """Return a row per class like `measure_classes`, with threshold and average precision (None without a text)."""
    rows = []
    for c, name in enumerate(target.names):
        one = class_scores(members[:, c].astype(np.int64), predictions[:, c].astype(np.int64), 2)
        precision = average_precision_of(members[:, c], scores[:, c])(np.ones(len(members)))
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


def pooled_calibration(members: Bool, scores: Float) -> dict[str, Any]:
    """Return the calibration of the probabilities of all labels together."""
    pair = np.stack([1 - scores.ravel(), scores.ravel()], axis=1)
    return measure_calibration(members.ravel().astype(np.int64), pair)


def compare_labels(
    members: Bool,
    ours: tuple[Float, Bool],
    theirs: tuple[Float, Bool],
    config: EvaluateConfig,
    called: tuple[str, str] = PAIR,
) -> dict[str, Any]:
    """Compare (probabilities, predictions) of the classifier and the baseline.

    Returns the difference in macro F1 with its paired bootstrap interval, which decides, and the counts of texts that
    only one has exactly right. The verdict uses the names `called`.
    """
    scorers = [multilabel_scorer(members, *pair) for pair in (ours, theirs)]
    first, second = is_correct(members, ours[1]), is_correct(members, theirs[1])

    def gain(weights: Float) -> dict[str, float]:
        one, other = (scorer(weights)["macro_f1"] for scorer in scorers)
        return {"difference": one - other}

    counts = {"only_classifier": int((first & ~second).sum()), "only_baseline": int((second & ~first).sum())}
    return _comparison("multi", gain, len(members), config, counts, called)


def compare_numbers(values: Float, ours: Float, theirs: Float, config: EvaluateConfig) -> dict[str, Any]:
    """Compare the values of the classifier and the baseline.

    Returns the reduction in mean absolute error with its paired bootstrap interval, which decides, and the counts of
    texts on which each is closer.
    """
    first, second = np.abs(ours - values), np.abs(theirs - values)

    def gain(weights: Float) -> dict[str, float]:
        return {"difference": float(weights @ (second - first) / weights.sum())}

    counts = {"only_classifier": int((first < second).sum()), "only_baseline": int((second < first).sum())}
    return _comparison("number", gain, len(values), config, counts, PAIR)


def _comparison(
    kind: TargetKind,
    gain: Any,
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
    interval = ends_words(sign, *found) if found else ""
    if difference == 0:
        return f"no difference shown: {called[0]} and {called[1]} have the same {headline.words}{interval}"
    better = "higher" if headline.sign > 0 else "lower"
    ahead, behind = called[::sign]
    by = f"a {headline.words} that is {abs(difference):.3f} {better} than that of {behind}"
    if winner:
        return f"{ahead} wins with {by}{interval}"
    chance = "which may be chance" if tested else "not tested, since evaluate.bootstrap is 0"
    return f"no difference shown: {ahead} has {by}, {chance}{interval}"


def label_errors(
    examples: Examples, members: Bool, scores: Float, predictions: Bool, target: Target, limit: int
) -> list[dict[str, Any]]:
    """Return the wrong predictions with the least probable true labels."""
    tiny = float(np.finfo(np.float64).eps)
    losses = -np.log(np.clip(np.where(members, scores, 1 - scores), tiny, 1)).sum(axis=1)
    wrong = np.flatnonzero((members != predictions).any(axis=1))
    worst = wrong[np.argsort(-losses[wrong], kind="stable")][:limit]
    true, found = decode_labels(target, members[worst]), decode_labels(target, predictions[worst])
    return [
        {
            **place_of(examples, int(i)),
            "text": clean_text(examples.texts[int(i)], TEXT_SHOWN),
            "true": _listed(true[place]),
            "predicted": _listed(found[place]),
            "log_loss": float(losses[i]),
        }
        for place, i in enumerate(worst.tolist())
    ]


def number_errors(examples: Examples, values: Float, scores: Float, limit: int) -> list[dict[str, Any]]:
    """Return the predictions with the largest errors."""
    off = np.abs(scores - values)
    return [
        {
            **place_of(examples, int(i)),
            "text": clean_text(examples.texts[i], TEXT_SHOWN),
            "true": f"{values[i]:.6g}",
            "predicted": f"{scores[i]:.6g}",
            "off": float(scores[i] - values[i]),
        }
        for i in np.argsort(-off, kind="stable")[:limit].tolist()
    ]


def number_points(values: Float, scores: Float) -> list[list[float]]:
    """Return at most 2,000 pairs (true, predicted), evenly sampled, for a plot."""
    step = -(-len(values) // POINTS)
    return [[float(f"{x:.4g}"), float(f"{y:.4g}")] for x, y in zip(values[::step], scores[::step], strict=True)]


def _listed(label: object) -> str:
    return ", ".join(label) if isinstance(label, tuple) and label else "none of them"
