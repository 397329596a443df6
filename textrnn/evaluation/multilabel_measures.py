"""Measures of multi-label predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target, decode_labels
from textrnn.evaluation.bootstrap_comparison import DEFAULT_NAMES, compare_by_bootstrap
from textrnn.evaluation.formatting import clean_text
from textrnn.evaluation.headline import is_correct
from textrnn.evaluation.measure import MAX_TEXT_LENGTH, Float, place_of
from textrnn.metrics.metrics import class_scores
from textrnn.metrics.scorers import average_precision_of, multilabel_scorer

Bool = NDArray[np.bool_]


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


def compare_labels(
    members: Bool,
    ours: tuple[Float, Bool],
    theirs: tuple[Float, Bool],
    config: EvaluateConfig,
    called: tuple[str, str] = DEFAULT_NAMES,
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
    return compare_by_bootstrap("multi", gain, len(members), config, counts, called)


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
            "text": clean_text(examples.texts[int(i)], MAX_TEXT_LENGTH),
            "true": _listed(true[place]),
            "predicted": _listed(found[place]),
            "log_loss": float(losses[i]),
        }
        for place, i in enumerate(worst.tolist())
    ]


def _listed(label: object) -> str:
    return ", ".join(label) if isinstance(label, tuple) and label else "none of them"
