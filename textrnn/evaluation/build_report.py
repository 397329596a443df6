"""A report from examples, labels, probabilities of any model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.errors import DataError
from textrnn.evaluation.diagnosis.suspicious_labels import measure_suspicious
from textrnn.evaluation.explained import ExplanationInputs, describe_explained
from textrnn.evaluation.findings import run_checks
from textrnn.evaluation.formatting import plain_json
from textrnn.evaluation.headline import is_correct
from textrnn.evaluation.measure import (
    measure_calibration,
    measure_classes,
    measure_confusion,
    measure_difference,
    measure_errors,
    measure_lengths,
    measure_scores,
)
from textrnn.evaluation.multilabel_measures import (
    compare_labels,
    label_errors,
    measure_labels,
    pooled_calibration,
)
from textrnn.evaluation.numeric_measures import compare_numbers, number_errors, number_points
from textrnn.evaluation.page import write_page
from textrnn.evaluation.plots import draw_plots
from textrnn.evaluation.precision_recall import measure_precision_recall
from textrnn.evaluation.report import Report
from textrnn.metrics.metrics import check_predictions
from textrnn.metrics.predictions import predict_from_scores

FORMAT = 1


def build_report(
    examples: Examples,
    labels: NDArray[Any],
    probabilities: NDArray[np.floating],
    target: Target,
    lengths: NDArray[np.int64],
    *,
    config: EvaluateConfig,
    settings: Mapping[str, Any],
    checks: Mapping[str, Any],
    split: str = "test",
    thresholds: Sequence[float] = (),
    predictions: NDArray[Any] | None = None,
    baseline_probabilities: NDArray[np.floating] | None = None,
    baseline_thresholds: Sequence[float] | Sequence[Sequence[float]] = (),
    baseline: Mapping[str, Any] | None = None,
    history: Sequence[Mapping[str, Any]] | None = None,
    best_epoch: int | None = None,
    branches: Mapping[str, Any] | None = None,
    rejection: Mapping[str, Any] | None = None,
    tabular: Sequence[Mapping[str, Any]] = (),
    explaining: ExplanationInputs | None = None,
    diagnosis: Mapping[str, Any] | None = None,
    teacher: Mapping[str, Any] | None = None,
    folds: Sequence[Mapping[str, Any]] = (),
) -> Report:
    """Build the report on predictions for N `examples`.

    `labels` (N) are encoded by `encode_labels`; `probabilities` and `baseline_probabilities` (N, C) are the scores of
    classifier and baseline (`scores_of_logits`), with the thresholds of each for multi-label targets, (C) or (N, C);
    `predictions` (N) are the classifier's, None: by the target; `lengths` (N,) those of uncut texts. Raises DataError.
    """
    scores = _checked(examples, labels, probabilities, target, lengths)
    predictions = _predicted(target, scores, thresholds)[1] if predictions is None else predictions
    theirs = None
    if (given := baseline_probabilities) is not None:
        theirs = _predicted(target, _checked(examples, labels, given, target, lengths), baseline_thresholds)
    data: dict[str, Any] = plain_json(
        {
            "format": FORMAT,
            "split": split,
            "examples": len(labels),
            "target": target.to_json(),
            "resamples": config.bootstrap,
            "metrics": measure_scores(labels, scores, config, target=target, predictions=predictions),
            **_against_baseline(target, labels, (scores, predictions), theirs, config, baseline or {}),
            "branches": branches,
            "rejection": rejection,
            "tabular": list(tabular),
            **_measure_details(examples, labels, scores, predictions, target, thresholds, config),
            "lengths": _by_length(target, labels, lengths, predictions, theirs),
            "history": list(history or []),
            "best_epoch": best_epoch,
            "checks": checks,
            "settings": settings,
            "diagnosis": {**(diagnosis or {}), **_suspicious(target, labels, scores, theirs)},
        }
        | {name: found for name, found in (("teacher", teacher), ("folds", folds)) if found}
    )
    return _finish(data, explaining, examples)


def _finish(data: dict[str, Any], explaining: ExplanationInputs | None, examples: Examples) -> Report:
    """Explain the errors, check the report, draw its plots, write its page."""
    data["explained"] = None if explaining is None else describe_explained(explaining, examples, data["errors"])
    data |= plain_json(run_checks(data))
    return Report(data, write_page(data, draw_plots(data)))


def _predicted(target: Target, scores: Any, thresholds: Any) -> tuple[Any, Any]:
    return scores, predict_from_scores(target, scores, thresholds or None)


def _suspicious(target: Target, labels: Any, scores: Any, theirs: Any) -> dict[str, Any]:
    """The labels that classifier and baseline contradict, where both are there and a text has one class."""
    if theirs is None or not target.exclusive:
        return {}
    return {"suspicious_labels": measure_suspicious(labels, scores, theirs[0])}


def _against_baseline(
    target: Target, labels: Any, ours: Any, theirs: Any, config: EvaluateConfig, about: Mapping[str, Any]
) -> dict[str, Any]:
    """The baseline's scores with what is known `about` it, and the comparison; None for both where there is none.

    `ours` and `theirs` are scores (N, C) and predictions (N,) or (N, C).
    """
    if theirs is None:
        return {"baseline": None, "comparison": None}
    metrics = measure_scores(labels, theirs[0], config, target=target, predictions=theirs[1])
    return {
        "baseline": {"metrics": metrics, **about},
        "comparison": _compare(target, labels, ours, theirs, config),
    }


def _by_length(target: Target, labels: Any, lengths: NDArray[np.int64], predictions: Any, theirs: Any) -> list[Any]:
    """How often texts of each length are right; nothing for numbers."""
    if target.kind == "number":
        return []
    return measure_lengths(
        lengths, is_correct(labels, predictions), None if theirs is None else is_correct(labels, theirs[1])
    )


def _compare(target: Target, labels: Any, ours: Any, theirs: Any, config: EvaluateConfig) -> dict[str, Any]:
    if target.kind == "number":
        return compare_numbers(labels, ours[1], theirs[1], config)
    if target.kind == "multi":
        return compare_labels(labels > 0, ours, theirs, config)
    return measure_difference(labels, ours[1], theirs[1])


def _measure_details(
    examples: Examples,
    labels: Any,
    scores: Any,
    predictions: Any,
    target: Target,
    thresholds: Sequence[float],
    config: EvaluateConfig,
) -> dict[str, Any]:
    """Return per-class scores, calibration and errors, as far as the kind of target has them."""
    none: dict[str, Any] = {"classes": [], "confusion": [], "confused": [], "calibration": None}
    curves = {"precision_recall": measure_precision_recall(labels, scores, predictions, target)}
    if target.kind == "number":
        errors = number_errors(examples, labels, predictions, config.errors)
        return {**none, **curves, "points": number_points(labels, predictions), "errors": errors}
    if target.kind == "multi":
        members, bounds = labels > 0, np.asarray(thresholds or [0.5] * target.outputs)
        classes = measure_labels(members, scores, predictions, target, bounds)
        errors = label_errors(examples, members, scores, predictions, target, config.errors)
        return {
            **none,
            **curves,
            "classes": classes,
            "calibration": pooled_calibration(members, scores),
            "errors": errors,
        }
    return {
        **curves,
        "classes": measure_classes(labels, predictions, target, config),
        **measure_confusion(labels, predictions, target),
        "calibration": measure_calibration(labels, scores),
        "errors": measure_errors(examples, labels, scores, target, config.errors, predictions),
    }


def _checked(
    examples: Examples, labels: Any, scores: NDArray[np.floating], target: Target, lengths: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the scores as float64. Raises DataError if they do not fit the examples and labels."""
    _check_sizes(examples, scores, target, lengths)
    if target.exclusive:
        check_predictions(labels, scores)
    elif len(labels) != len(scores) or not len(labels) or not np.isfinite(scores).all():
        raise DataError(
            f"expected finite numbers for each of {len(labels)} labels, found {scores.shape}; score the same rows"
        )
    return np.asarray(scores, dtype=np.float64)


def _check_sizes(
    examples: Examples, probabilities: NDArray[np.floating], target: Target, lengths: NDArray[np.int64]
) -> None:
    if probabilities.shape != (len(examples), target.outputs) or lengths.shape != (len(examples),):
        raise DataError(
            f"expected probabilities ({len(examples)}, {target.outputs}) and one length for each of the examples, "
            f"found {probabilities.shape} and {lengths.shape}; score the same rows"
        )
