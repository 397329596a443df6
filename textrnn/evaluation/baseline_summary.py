"""The description of the baseline in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from textrnn.config.data import TargetKind
from textrnn.data.target import Target
from textrnn.linear.baseline import MODELS, Baseline, FittedModel, name_model
from textrnn.metrics.validation_score import SCORE_NAMES

UNNAMED_BASELINE = "a linear model on the same words"


def describe_baseline(baseline: Baseline, target: Target) -> dict[str, Any]:
    """Return the baseline's model, trials and top features as plain JSON."""
    return {
        "model": baseline.model,
        "name": name_baseline(baseline.model, baseline.ngrams, target.kind, baseline.characters),
        "features": baseline.features,
        "inverse_penalty": baseline.inverse_penalty,
        "trials": [asdict(trial) for trial in baseline.trials],
        "judged_by": list(SCORE_NAMES[target.kind]),
        "top_features": [
            {"class": name, "features": [list(pair) for pair in features]}
            for name, features in zip(_sides(target), baseline.top_features, strict=True)
        ],
    }


def _sides(target: Target) -> list[str]:
    """Return the names of the lists of n-grams."""
    return ["higher", "lower"] if target.kind == "number" else target.names


def name_baseline(model: FittedModel, ngrams: int, kind: TargetKind = "single", characters: Sequence[int] = ()) -> str:
    """Return the display name of a model with n-grams of up to `ngrams` words, and of so many `characters`.

    >>> name_baseline("nb", 3)
    'NB-LR: naive Bayes weights, 1-3-grams, logistic regression'
    >>> name_baseline("tfidf", 1)
    'TF-IDF: 1-grams, logistic regression'
    >>> name_baseline("svm_characters", 2, characters=(3, 5))
    'SVM: TF-IDF, 1-2-grams, 3-5-grams of characters, linear support vector machine'
    """
    words = f"{'1-' if ngrams > 1 else ''}{ngrams}-grams"
    if model == "centroid":
        return f"TF-IDF: {words}, {MODELS[model]}"
    if model in ("svm", "svm_characters"):
        more = f"{characters[0]}-{characters[1]}-grams of characters, " if characters else ""
        return f"{MODELS['svm']}: TF-IDF, {words}, {more}linear support vector machine"
    weights = "naive Bayes weights, " if model == "nb" else ""
    regression = "ridge regression" if kind == "number" else "logistic regression"
    called = "NB-ridge" if (model, kind) == ("nb", "number") else MODELS[model]
    return f"{called}: {weights}{words}, {regression}"


def name_trials(baseline: Mapping[str, Any]) -> list[str]:
    """Return a line per trial of a report's `baseline`: the model, its C, validation score and loss."""
    score, loss = baseline.get("judged_by", ("accuracy", "log loss"))
    return [
        f"{name_model(trial['model'], trial['inverse_penalty'])}: {score} {trial['score']:.4f}, "
        f"{loss} {trial['loss']:.4f}"
        for trial in baseline.get("trials", ())
    ]
