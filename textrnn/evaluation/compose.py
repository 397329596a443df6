"""Composing a report from examples, labels and probabilities, whoever made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.corpus import Examples
from textrnn.data.target import KINDS, Target
from textrnn.errors import DataError
from textrnn.evaluation.measure import (
    measure_calibration,
    measure_classes,
    measure_confusion,
    measure_difference,
    measure_errors,
    measure_lengths,
    measure_scores,
)
from textrnn.evaluation.page import write_page
from textrnn.evaluation.plots import draw_plots
from textrnn.evaluation.report import Report
from textrnn.evaluation.wording import plain_json
from textrnn.metrics.metrics import check_predictions

FORMAT = 1


def report_on(
    examples: Examples,
    labels: NDArray[np.int64],
    probabilities: NDArray[np.floating],
    target: Target,
    lengths: NDArray[np.int64],
    *,
    config: EvaluateConfig,
    settings: Mapping[str, Any],
    checks: Mapping[str, Any],
    split: str = "test",
    baseline_probabilities: NDArray[np.floating] | None = None,
    baseline: Mapping[str, Any] | None = None,
    history: Sequence[Mapping[str, Any]] | None = None,
    best_epoch: int | None = None,
    branches: Mapping[str, Any] | None = None,
    rejection: Mapping[str, Any] | None = None,
) -> Report:
    """The report on predictions for N `examples`: what they are worth, and where they go wrong.

    `labels` (N,) are class numbers of `target`, `probabilities` and `baseline_probabilities` (N, C) the classifier's
    and the baseline's, `lengths` (N,) the texts' lengths in tokens, uncut. `baseline` says what the baseline is
    (`describe_baseline`), `branches` what each branch is worth (`measure_branches`), `rejection` what is rejected
    (`measure_rejection`), `history` is that of the training, `settings` are sections by name. What is not given is left
    out of the page. Raises DataError where the arrays do not fit each other.
    """
    if target.kind not in KINDS:
        raise DataError(f"target kind: expected one of {', '.join(KINDS)}, found {target.kind!r}")
    _check_sizes(examples, probabilities, target, lengths)
    check_predictions(labels, probabilities)
    rows = np.asarray(probabilities, dtype=np.float64)
    predicted = rows.argmax(axis=1)
    versus: dict[str, Any] = {"baseline": None, "comparison": None}
    baseline_right = None
    if baseline_probabilities is not None:
        check_predictions(labels, baseline_probabilities)
        theirs = np.asarray(baseline_probabilities, dtype=np.float64)
        baseline_right = theirs.argmax(axis=1) == labels
        versus["baseline"] = {"metrics": measure_scores(labels, theirs, config), **(baseline or {})}
        versus["comparison"] = measure_difference(labels, rows, theirs, config)
    data: dict[str, Any] = plain_json(
        {
            "format": FORMAT,
            "split": split,
            "examples": len(labels),
            "target": target.to_json(),
            "resamples": config.bootstrap,
            "metrics": measure_scores(labels, rows, config),
            **versus,
            "branches": branches,
            "rejection": rejection,
            "classes": measure_classes(labels, predicted, target, config),
            **measure_confusion(labels, predicted, target),
            "calibration": measure_calibration(labels, rows),
            "lengths": measure_lengths(lengths, predicted == labels, baseline_right),
            "errors": measure_errors(examples, labels, rows, target, config.errors),
            "history": list(history or []),
            "best_epoch": best_epoch,
            "checks": checks,
            "settings": settings,
        }
    )
    return Report(data, write_page(data, draw_plots(data)))


def _check_sizes(
    examples: Examples, probabilities: NDArray[np.floating], target: Target, lengths: NDArray[np.int64]
) -> None:
    if probabilities.shape != (len(examples), target.outputs) or lengths.shape != (len(examples),):
        raise DataError(
            f"expected probabilities ({len(examples)}, {target.outputs}) and one length for each of the examples, "
            f"found {probabilities.shape} and {lengths.shape}; score the same rows"
        )
