"""All measurements of one set of predictions that the checks read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.evaluation.diagnosis.leaks import measure_leaks
from textrnn.evaluation.diagnosis.thresholds import measure_thresholds
from textrnn.evaluation.diagnosis.truncation import PredictAgain, measure_truncation
from textrnn.evaluation.diagnosis.unknown_tokens import measure_unknown
from textrnn.evaluation.headline import HEADLINES, is_correct
from textrnn.evaluation.measure import Float, measure_scores
from textrnn.evaluation.slices.measure_slices import MAX_ROWS, SliceRows, measure_slices
from textrnn.text.ragged import Ragged, share_of_token
from textrnn.text.special_tokens import UNK

VALIDATION_RESAMPLES = 200  # enough for the standard error of a score


@dataclass(frozen=True)
class ScoredRows:
    """N rows of token ids with `labels` (N) as `encode_labels` has them, `scores` (N, C), `predictions` (N), and the
    `texts` (N) and `columns` (N cells each) that slices are made of.
    """

    rows: Ragged
    labels: NDArray[Any]
    scores: Float
    predictions: NDArray[Any]
    texts: Sequence[str]
    columns: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainingData:
    """The training split, texts (N) with token ids (N rows), and the predictions on validation, if any."""

    texts: Sequence[str]
    rows: Ragged
    validation: ScoredRows | None


def diagnose(
    target: Target,
    scored: ScoredRows,
    *,
    max_tokens: int,
    reread: PredictAgain,
    config: EvaluateConfig,
    training: TrainingData | None = None,
) -> dict[str, Any]:
    """Return the measurements by name, as plain JSON: those of `scored` alone, and with `training` all.

    `reread` predicts cut texts again: see `measure_truncation`.
    """
    labels, scores, predictions = scored.labels, scored.scores, scored.predictions
    found: dict[str, Any] = {
        "truncation": measure_truncation(scored.rows, labels, predictions, max_tokens, reread),
        "unknown_tokens": measure_unknown(scored.rows, None if training is None else training.rows),
        "slices": measure_slices(
            _slice_rows(scored, target),
            target.kind,
            None if training is None or training.validation is None else _slice_rows(training.validation, target),
        ),
    }
    if training is None:
        return found
    found["leaks"] = measure_leaks(training.texts, scored.texts, labels, scores, predictions, target)
    if (held := training.validation) is None:
        return found
    found["validation"] = _measure_validation(held, target, config)
    if target.kind == "multi":
        found["thresholds"] = measure_thresholds((held.labels, held.scores), (labels, scores), target, config.seed)
    return found


def slice_columns(examples: Examples) -> dict[str, Sequence[Any]]:
    """Return the columns of `examples` that slices are made of: the tabular ones, then those to slice by."""
    return {**examples.tabular, **examples.slices}


def _slice_rows(scored: ScoredRows, target: Target) -> SliceRows:
    """At most 20,000 of the rows, evenly spaced, with the error of each."""
    some = slice(None, None, max(1, -(-len(scored.labels) // MAX_ROWS)))
    errors = _errors(scored, target)[some]
    texts = (
        list(scored.texts)
        if some.step == 1
        else [scored.texts[i] for i in range(0, len(errors) * some.step, some.step)]
    )
    lengths, unknown = scored.rows.lengths[some], share_of_token(scored.rows, UNK)[some]
    return SliceRows(texts, lengths, unknown, errors, {name: cells[some] for name, cells in scored.columns.items()})


def _errors(scored: ScoredRows, target: Target) -> Float:
    """The distance of each number from its label; of classes 0 or 1 (wrong)."""
    if target.kind == "number":
        distances: Float = np.abs(scored.predictions - scored.labels).astype(np.float64)
        return distances
    labels = scored.labels > 0 if target.kind == "multi" else scored.labels
    return (~is_correct(labels, scored.predictions)).astype(np.float64)


def _measure_validation(held: ScoredRows, target: Target, config: EvaluateConfig) -> dict[str, Any] | None:
    """The headline score on validation with its interval, and the number of rows."""
    if not len(held.labels):
        return None
    some = EvaluateConfig(bootstrap=min(config.bootstrap, VALIDATION_RESAMPLES), seed=config.seed)
    scores = measure_scores(held.labels, held.scores, some, target=target, predictions=held.predictions)
    return {"rows": len(held.labels), **scores[HEADLINES[target.kind].name]}
