"""A report from examples, labels, probabilities of any model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.errors import DataError
from textrnn.evaluation.diagnosis.suspicious_labels import measure_suspicious
from textrnn.evaluation.error_clusters import describe_clusters
from textrnn.evaluation.explained import ExplanationInputs, describe_explained
from textrnn.evaluation.findings import run_checks
from textrnn.evaluation.formatting import plain_json
from textrnn.evaluation.headline import is_correct
from textrnn.evaluation.measure import (
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
)
from textrnn.evaluation.numeric_measures import compare_numbers, number_errors, number_points
from textrnn.evaluation.page import write_page
from textrnn.evaluation.plots import draw_plots
from textrnn.evaluation.precision_recall import measure_precision_recall
from textrnn.evaluation.reliability import Calibrating, measure_reliability
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
    calibrating: Calibrating | None = None,
) -> Report:
    """Build the report on predictions for N `examples`.

    `labels` (N) are as `encode_labels` has them; `probabilities`, `baseline_probabilities` are (N, C), each with the
    thresholds of several labels, (C) or (N, C); `predictions` (N), None: by the target. Raises DataError.
    """
    checked = partial(_checked, examples, labels, target=target, lengths=lengths)
    scores = checked(probabilities)
    predictions = predict_from_scores(target, scores, thresholds or None) if predictions is None else predictions
    theirs = _rival(target, checked, baseline_probabilities, baseline_thresholds)
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
            "calibration": measure_reliability(labels, scores, target, config, calibrating),
            "lengths": _by_length(target, labels, lengths, predictions, theirs),
            "history": list(history or []),
            "best_epoch": best_epoch,
            "checks": checks,
            "settings": settings,
            "diagnosis": {**(diagnosis or {}), **_suspicious(target, labels, scores, theirs)},
        }
        | {name: found for name, found in (("teacher", teacher), ("folds", folds)) if found}
    )
    return _finish(data | _explain(explaining, examples, labels, predictions, target, data["errors"]))


def _finish(data: dict[str, Any]) -> Report:
    """Check the report, draw its plots, write its page."""
    data |= plain_json(run_checks(data))
    return Report(data, write_page(data, draw_plots(data)))


def _explain(
    explaining: ExplanationInputs | None, examples: Examples, labels: Any, predictions: Any, target: Target, errors: Any
) -> dict[str, Any]:
    """The explanations of texts, and the clusters of errors; None for both where nothing can explain."""
    if explaining is None:
        return {"explained": None, "clusters": None}
    return {
        "explained": describe_explained(explaining, examples, errors),
        "clusters": describe_clusters(explaining, examples, labels, predictions, target),
    }


def _rival(target: Target, checked: Any, given: Any, thresholds: Any) -> tuple[Any, Any] | None:
    """The baseline's scores with its predictions; None where there is none."""
    if given is None:
        return None
    scores = checked(given)
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
    """Return per-class scores and errors, as far as the kind of target has them."""
    none: dict[str, Any] = {"classes": [], "confusion": [], "confused": []}
    curves = {"precision_recall": measure_precision_recall(labels, scores, predictions, target)}
    if target.kind == "number":
        errors = number_errors(examples, labels, predictions, config.errors)
        return {**none, **curves, "points": number_points(labels, predictions), "errors": errors}
    if target.kind == "multi":
        members, bounds = labels > 0, np.asarray(thresholds or [0.5] * target.outputs)
        classes = measure_labels(members, scores, predictions, target, bounds)
        errors = label_errors(examples, members, scores, predictions, target, config.errors)
        return {**none, **curves, "classes": classes, "errors": errors}
    return {
        **curves,
        "classes": measure_classes(labels, predictions, target, config),
        **measure_confusion(labels, predictions, target),
        "errors": measure_errors(examples, labels, scores, target, config.errors, predictions),
    }


def _checked(
    examples: Examples, labels: Any, scores: NDArray[np.floating], *, target: Target, lengths: NDArray[np.int64]
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
