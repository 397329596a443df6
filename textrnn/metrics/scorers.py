"""Scores of multi-label, numeric, ordinal, path targets.

Each `..._scorer` computes once what does not depend on sample weights, and returns a function from weights (N,), the
counts of a bootstrap resample for instance, to scores by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import path_parts
from textrnn.metrics.ranks import rank_function, weighted_correlation

Float = NDArray[np.float64]
Int = NDArray[np.int64]
Bool = NDArray[np.bool_]
Scorer = Callable[[Float], dict[str, float]]
EPSILON = float(np.finfo(np.float64).eps)


def multilabel_scorer(members: Bool, scores: Float, predictions: Bool) -> Scorer:
    """Return the scorer of a multi-label target: labels `members`, probabilities `scores`, `predictions`, all (N, C).

    `macro_f1` averages over classes that occur among labels or predictions, `average_precision` over classes with a
    text (NaN if none), `log_loss` over labels; `exact_match` is the subset accuracy.
    """
    hits = (members & predictions).astype(np.float64)
    true, called = members.astype(np.float64), predictions.astype(np.float64)
    exact = (members == predictions).all(axis=1).astype(np.float64)
    losses = -np.log(np.clip(np.where(members, scores, 1 - scores), EPSILON, 1)).mean(axis=1)
    precisions = [average_precision_of(members[:, c], scores[:, c]) for c in range(members.shape[1])]

    def score(weights: Float) -> dict[str, float]:
        total, found, support, predicted = weights.sum(), weights @ hits, weights @ true, weights @ called
        either = support + predicted
        f1 = np.divide(2 * found, either, out=np.zeros(len(found)), where=either > 0)
        there = [precision(weights) for precision, has in zip(precisions, support > 0, strict=True) if has]
        return {
            "macro_f1": float(f1[either > 0].mean()) if (either > 0).any() else float("nan"),
            "micro_f1": float(2 * found.sum() / either.sum()) if either.sum() else float("nan"),
            "average_precision": float(np.mean(there)) if there else float("nan"),
            "exact_match": float(weights @ exact / total),
            "log_loss": float(weights @ losses / total),
        }

    return score


def average_precision_of(positive: Bool, scores: Float) -> Callable[[Float], float]:
    """Return a function from weights (N,) to the average precision of one class; equal scores are tied."""
    order = np.argsort(-scores, kind="stable")
    above, ordered = scores[order], positive[order]
    last = np.flatnonzero(np.append(above[1:] < above[:-1], True))

    def precision(weights: Float) -> float:
        drawn = weights[order]
        taken, hits = np.cumsum(drawn)[last], np.cumsum(drawn * ordered)[last]
        gained = np.diff(hits, prepend=0)
        rate = np.divide(hits, taken, out=np.zeros(len(hits)), where=taken > 0)
        return float(gained @ rate / hits[-1]) if hits[-1] > 0 else float("nan")

    return precision


def regression_scorer(values: Float, scores: Float) -> Scorer:
    """Return the scorer of a numeric target: `values` and predictions `scores`, both (N,).

    Scores are errors in the units of the values, R2, and Spearman's and Pearson's correlation. R2 and the correlations
    are NaN if the values are constant, the correlations also if the predictions are.
    """
    error = scores - values
    true, found = rank_function(values), rank_function(scores)

    def score(weights: Float) -> dict[str, float]:
        total = weights.sum()
        squared = float(weights @ error**2 / total)
        spread = float(weights @ (values - weights @ values / total) ** 2 / total)
        return {
            "mean_absolute_error": float(weights @ np.abs(error) / total),
            "mean_squared_error": squared,
            "root_mean_squared_error": squared**0.5,
            "r2": 1 - squared / spread if spread > 0 else float("nan"),
            "spearman": weighted_correlation(true(weights), found(weights), weights),
            "pearson": weighted_correlation(values, scores, weights),
        }

    return score


def ordinal_scorer(labels: Int, predictions: Int, classes: int) -> Scorer:
    """Return the scorer of an ordinal target: class numbers `labels` and predictions `predictions`, both (N,).

    `quadratic_kappa` is Cohen's kappa with quadratic weights (Cohen 1968); it and `spearman` are NaN if undefined.
    """
    places = labels * classes + predictions
    steps = np.subtract.outer(np.arange(classes), np.arange(classes)) ** 2
    true, found = rank_function(labels.astype(np.float64)), rank_function(predictions.astype(np.float64))

    def score(weights: Float) -> dict[str, float]:
        table = np.bincount(places, weights, minlength=classes * classes).reshape(classes, classes)
        by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        expected = float((steps * by_chance).sum())
        return {
            "mean_absolute_error": float((np.sqrt(steps) * table).sum() / table.sum()),
            "quadratic_kappa": 1 - float((steps * table).sum()) / expected if expected > 0 else float("nan"),
            "spearman": weighted_correlation(true(weights), found(weights), weights),
        }

    return score


def path_scorer(labels: Int, predictions: Int, names: Sequence[str]) -> Scorer:
    """Return the scorer of a path target: `labels` and `predictions` (N,) are numbers of the paths `names` (C).

    `accuracy_level_1` is the accuracy of the first part, and so on for each level above the last; `hierarchical_f1`
    is micro F1 over the sets of each class with its ancestors (Kiritchenko, Matwin & Famili 2005).
    """
    paths = [path_parts(name) for name in names]
    above = [[path[: level + 1] for level in range(len(path))] for path in paths]
    sizes = np.array([len(path) for path in paths])
    shared = np.array([[len(set(one) & set(other)) for other in above] for one in above])
    levels = max(map(len, paths)) - 1
    heads = [[path[:level] for path in paths] for level in range(1, levels + 1)]
    same = [np.array([[one == other for other in head] for one in head])[labels, predictions] for head in heads]

    def score(weights: Float) -> dict[str, float]:
        total = weights.sum()
        both = float(weights @ shared[labels, predictions])
        found = {f"accuracy_level_{level}": float(weights @ right / total) for level, right in enumerate(same, start=1)}
        return {**found, "hierarchical_f1": 2 * both / float(weights @ (sizes[labels] + sizes[predictions]))}

    return score
