"""Measures of single-label predictions, with those that all kinds share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.row_names import name_row
from textrnn.data.target import Target
from textrnn.evaluation.formatting import clean_text, format_interval
from textrnn.evaluation.headline import is_correct
from textrnn.metrics.calibration import calibration_scorer, reliability
from textrnn.metrics.metrics import class_scores, confusion_matrix, single_scorer
from textrnn.metrics.scorers import Scorer, multilabel_scorer, ordinal_scorer, path_scorer, regression_scorer
from textrnn.metrics.significance import Comparison, bootstrap_intervals, compare, draw_weights, wilson_interval

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Labels = NDArray[Any]  # as `encode_labels` has them

MAX_TEXT_LENGTH = 300  # characters of a text among the errors
LENGTH_BINS = 8
MAX_PAIRS = 20


def measure_scores(
    labels: Labels,
    probabilities: Float,
    config: EvaluateConfig,
    *,
    target: Target | None = None,
    predictions: Any = None,
) -> dict[str, dict[str, float | None]]:
    """Return each score by name: its `value`, and the ends `low`, `high` of its 95 % interval (None without resamples).

    `predictions` (N) are the predictions, by default the most probable classes; `target` None means single.
    """
    predicted = probabilities.argmax(axis=1) if predictions is None else predictions
    scorers = _scorers(labels, probabilities, target, predicted)

    def score(weights: Float) -> dict[str, float]:
        return {name: value for scorer in scorers for name, value in scorer(weights).items()}

    intervals = bootstrap_intervals(score, len(labels), resamples=config.bootstrap, seed=config.seed)
    found = score(np.ones(len(labels)))
    if config.bootstrap and "accuracy" in found and "accuracy" not in intervals:  # all right or wrong: none differs
        right = is_correct(labels, predicted)
        intervals["accuracy"] = share_interval(int(right.sum()), len(right))
    return {
        name: {"value": value, "low": intervals[name][0], "high": intervals[name][1]}
        if name in intervals
        else {"value": value, "low": None, "high": None}
        for name, value in found.items()
    }


def _scorers(labels: Labels, scores: Float, target: Target | None, predictions: Any) -> list[Scorer]:
    if target is not None and target.kind == "number":
        return [regression_scorer(labels, predictions)]
    if target is not None and target.kind == "multi":
        return [multilabel_scorer(labels > 0, scores, predictions)]
    scorers = [single_scorer(labels, scores, predictions), calibration_scorer(labels, scores)]
    if target is not None and target.kind == "ordinal":
        scorers.append(ordinal_scorer(labels, predictions, target.outputs))
    if target is not None and target.kind == "path":
        scorers.append(path_scorer(labels, predictions, target.names))
    return scorers


def share_interval(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of `hits / total`."""
    low, high = wilson_interval(np.array([hits]), np.array([total]))
    return float(low[0]), float(high[0])


def measure_classes(labels: Int, predicted: Int, target: Target, config: EvaluateConfig) -> list[dict[str, Any]]:
    """Return a row per class, in the order of the target: precision, recall, F1, support, and its predictions.

    `intervals` has the ends [low, high] of the 95 % interval of each of the three; it is empty without resamples, and
    omits a score that is constant over resamples.
    """
    scores = class_scores(labels, predicted, target.outputs)
    intervals = _class_intervals(labels, predicted, target.outputs, config)
    return [
        {
            "name": name,
            "precision": float(scores.precision[i]),
            "recall": float(scores.recall[i]),
            "f1": float(scores.f1[i]),
            "support": int(scores.support[i]),
            "predicted": int(scores.predicted[i]),
            "intervals": {
                score: [float(low[i]), float(high[i])] for score, (low, high) in intervals.items() if low[i] < high[i]
            },
        }
        for i, name in enumerate(target.names)
    ]


def _class_intervals(
    labels: Int, predicted: Int, classes: int, config: EvaluateConfig
) -> dict[str, tuple[Float, Float]]:
    """Return the ends (C,) of the 95 % bootstrap intervals of precision, recall and F1."""
    resampled = [
        class_scores(labels, predicted, classes, weights)
        for weights in draw_weights(len(labels), config.bootstrap, config.seed)
    ]
    if not resampled:
        return {}
    found = {}
    for name in ("precision", "recall", "f1"):
        low, high = np.percentile(np.array([getattr(scores, name) for scores in resampled]), [2.5, 97.5], axis=0)
        found[name] = (low, high)
    return found


def measure_confusion(labels: Int, predicted: Int, target: Target) -> dict[str, Any]:
    """Return `confusion`, counts by true class (rows) and predicted class, and `confused`, the most confused pairs.

    The `share` of a pair is relative to the examples of the true class.
    """
    counts = confusion_matrix(labels, predicted, target.outputs)
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MAX_PAIRS]
    pairs = [(int(place) // target.outputs, int(place) % target.outputs) for place in order if wrong.flat[place]]
    names, support = target.names, counts.sum(axis=1)
    confused = [
        {
            "true": names[i],
            "predicted": names[j],
            "count": int(wrong[i, j]),
            "share": float(wrong[i, j] / support[i]),
        }
        for i, j in pairs
    ]
    return {"confusion": counts.tolist(), "confused": confused}


def measure_calibration(labels: Int, probabilities: Float) -> dict[str, Any]:
    """Return the expected calibration error and the non-empty bins of the reliability diagram."""
    found = reliability(labels, probabilities)
    low, high = wilson_interval(found.hits, found.counts)
    bins = [
        {
            "above": float(found.edges[i]),
            "up_to": float(found.edges[i + 1]),
            "count": int(found.counts[i]),
            "confidence": float(found.confidence[i]),
            "accuracy": float(found.accuracy[i]),
            "low": float(low[i]),
            "high": float(high[i]),
        }
        for i in np.flatnonzero(found.counts).tolist()
    ]
    return {"expected_error": found.expected_error, "confidence": float(probabilities.max(axis=1).mean()), "bins": bins}


def measure_lengths(
    lengths: Int, right: NDArray[np.bool_], baseline: NDArray[np.bool_] | None = None
) -> list[dict[str, Any]]:
    """Return the accuracy, from `right` (N,), in up to 8 bins of `lengths` (N,) in tokens, with about equal counts."""
    tops = np.unique(np.quantile(lengths, np.arange(1, LENGTH_BINS + 1) / LENGTH_BINS, method="inverted_cdf"))
    place = np.searchsorted(tops, lengths)
    counts = np.bincount(place, minlength=len(tops))
    hits = np.bincount(place[right], minlength=len(tops))
    low, high = wilson_interval(hits, counts)
    rows: list[dict[str, Any]] = [
        {
            "from": int(lengths[place == i].min()),
            "to": int(tops[i]),
            "count": int(counts[i]),
            "accuracy": float(hits[i] / counts[i]),
            "low": float(low[i]),
            "high": float(high[i]),
        }
        for i in range(len(tops))
    ]
    if baseline is not None:
        for i, row in enumerate(rows):
            row["baseline_accuracy"] = float(baseline[place == i].mean())
    return rows


def place_of(examples: Examples, example: int) -> dict[str, Any]:
    """Return the `row` of an example in its source, its `place` in words, and its `id`, if any."""
    identifier = {"id": examples.ids[example]} if examples.ids else {}
    return {"row": int(examples.rows[example]), "place": name_row(examples, example), **identifier}


def measure_errors(
    examples: Examples, labels: Int, probabilities: Float, target: Target, limit: int, predictions: Int | None = None
) -> list[dict[str, Any]]:
    """Return the wrong predictions with the highest probability; ties in the order of the examples."""
    predicted = probabilities.argmax(axis=1) if predictions is None else predictions
    confidence = probabilities[np.arange(len(labels)), predicted]
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:limit].tolist()
    names, texts = target.names, examples.texts
    return [
        {
            **place_of(examples, int(i)),
            "text": clean_text(texts[i], MAX_TEXT_LENGTH),
            "true": names[labels[i]],
            "predicted": names[predicted[i]],
            "probability": float(confidence[i]),
            "probability_of_true": float(probabilities[i, labels[i]]),
        }
        for i in worst
    ]


def measure_difference(labels: Labels, predictions: Any, baseline: Any) -> dict[str, Any]:
    """Compare `predictions` with the baseline's on the same examples; returns the test and its verdict."""
    found = compare(is_correct(labels, predictions), is_correct(labels, baseline))
    about = describe_pair(found, "the classifier", "the baseline")
    winner = found.winner and {"first": "classifier", "second": "baseline"}[found.winner]
    only = {"only_classifier": about.pop("only_first"), "only_baseline": about.pop("only_second")}
    return {**about, **only, "winner": winner}


def describe_pair(found: Comparison, first: str, second: str) -> dict[str, Any]:
    """Return a paired comparison as plain JSON; the verdict uses the names `first` and `second`."""
    low, high = found.interval or (None, None)
    return {
        "difference": found.difference,
        "low": low,
        "high": high,
        "only_first": found.mcnemar.only_first,
        "only_second": found.mcnemar.only_second,
        "p_value": found.mcnemar.p_value,
        "winner": found.winner,
        "verdict": verdict(found, first, second),
    }


def verdict(found: Comparison, first: str, second: str) -> str:
    """Describe the winner and the interval of the test that decides."""
    gain, sign = abs(found.difference), 1 if found.difference >= 0 else -1
    if found.interval is None:
        return f"no difference: {first} and {second} are right on the same examples"
    interval = format_interval(sign, *found.interval)
    if found.difference == 0:
        return f"no difference shown: {first} and {second} are right equally often{interval}"
    ahead, behind = (first, second) if sign > 0 else (second, first)
    if found.winner is not None:
        return f"{ahead} wins by {gain:.3f} over {behind}{interval}"
    return f"no difference shown: {ahead} is ahead of {behind} by {gain:.3f}, which may be chance{interval}"
