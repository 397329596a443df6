"""Measures of numeric predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.evaluation.bootstrap_comparison import DEFAULT_NAMES, compare_by_bootstrap
from textrnn.evaluation.formatting import clean_text
from textrnn.evaluation.measure import MAX_TEXT_LENGTH, Float, place_of

MAX_POINTS = 2_000  # points of the plot of predicted against true values


def compare_numbers(
    values: Float, ours: Float, theirs: Float, config: EvaluateConfig, called: tuple[str, str] = DEFAULT_NAMES
) -> dict[str, Any]:
    """Compare the values of the classifier and the baseline.

    Returns the reduction in mean absolute error with its paired bootstrap interval, which decides, and the counts of
    texts on which each is closer. The verdict uses the names `called`.
    """
    first, second = np.abs(ours - values), np.abs(theirs - values)

    def gain(weights: Float) -> dict[str, float]:
        return {"difference": float(weights @ (second - first) / weights.sum())}

    counts = {"only_classifier": int((first < second).sum()), "only_baseline": int((second < first).sum())}
    return compare_by_bootstrap("number", gain, len(values), config, counts, called)


def number_errors(examples: Examples, values: Float, scores: Float, limit: int) -> list[dict[str, Any]]:
    """Return the predictions with the largest errors."""
    off = np.abs(scores - values)
    return [
        {
            **place_of(examples, int(i)),
            "text": clean_text(examples.texts[i], MAX_TEXT_LENGTH),
            "true": f"{values[i]:.6g}",
            "predicted": f"{scores[i]:.6g}",
            "off": float(scores[i] - values[i]),
        }
        for i in np.argsort(-off, kind="stable")[:limit].tolist()
    ]


def number_points(values: Float, scores: Float) -> list[list[float]]:
    """Return at most 2,000 pairs (true, predicted), evenly sampled, for a plot."""
    step = -(-len(values) // MAX_POINTS)
    return [[float(f"{x:.4g}"), float(f"{y:.4g}")] for x, y in zip(values[::step], scores[::step], strict=True)]
