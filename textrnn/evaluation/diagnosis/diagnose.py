"""All measurements of one set of predictions that the checks read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.target import Target
from textrnn.evaluation.diagnosis.leaks import measure_leaks
from textrnn.evaluation.diagnosis.thresholds import measure_thresholds
from textrnn.evaluation.diagnosis.truncation import Reread, measure_truncation
from textrnn.evaluation.diagnosis.unknown_tokens import measure_unknown
from textrnn.evaluation.headline import HEADLINES
from textrnn.evaluation.measure import Float, measure_scores
from textrnn.text.ragged import Ragged

VALIDATION_RESAMPLES = 200  # enough for the standard error of a score


@dataclass(frozen=True)
class ScoredRows:
    """N rows of token ids with `labels` (N) as `encode_labels` has them, `scores` (N, C) and `predictions` (N)."""

    rows: Ragged
    labels: NDArray[Any]
    scores: Float
    predictions: NDArray[Any]


@dataclass(frozen=True)
class TrainingData:
    """The training split, texts (N) with token ids (N rows), and the predictions on validation, if any."""

    texts: Sequence[str]
    rows: Ragged
    validation: ScoredRows | None


def diagnose(
    target: Target,
    scored: ScoredRows,
    texts: Sequence[str],
    *,
    max_tokens: int,
    reread: Reread,
    config: EvaluateConfig,
    training: TrainingData | None = None,
) -> dict[str, Any]:
    """Return the measurements by name, as plain JSON: those of `scored` alone, and with `training` all.

    `texts` (N) are those of the scored rows; `reread` predicts cut texts again: see `measure_truncation`.
    """
    labels, scores, predictions = scored.labels, scored.scores, scored.predictions
    found: dict[str, Any] = {
        "truncation": measure_truncation(scored.rows, labels, predictions, max_tokens, reread),
        "unknown_tokens": measure_unknown(scored.rows, None if training is None else training.rows),
    }
    if training is None:
        return found
    found["leaks"] = measure_leaks(training.texts, texts, labels, scores, predictions, target)
    if (held := training.validation) is None:
        return found
    found["validation"] = _measure_validation(held, target, config)
    if target.kind == "multi":
        found["thresholds"] = measure_thresholds((held.labels, held.scores), (labels, scores), target, config.seed)
    return found


def _measure_validation(held: ScoredRows, target: Target, config: EvaluateConfig) -> dict[str, Any] | None:
    """The headline score on validation with its interval, and the number of rows."""
    if not len(held.labels):
        return None
    some = EvaluateConfig(bootstrap=min(config.bootstrap, VALIDATION_RESAMPLES), seed=config.seed)
    scores = measure_scores(held.labels, held.scores, some, target=target, predictions=held.predictions)
    return {"rows": len(held.labels), **scores[HEADLINES[target.kind].name]}
