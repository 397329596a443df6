"""Scores of single-label predictions.

Every score takes optional sample weights (N,); in a bootstrap they are the counts of a resample.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.errors import DataError

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class ClassScores:
    """The scores of each class, each array (C,) float64; 0 / 0 is 0, as in scikit-learn.

    `support` counts the examples of a class, `predicted` its predictions.
    """

    precision: Float
    recall: Float
    f1: Float
    support: Float
    predicted: Float


def check_predictions(labels: Int, probabilities: NDArray[np.floating]) -> None:
    """Raise DataError unless `labels` (N,) are class numbers of `probabilities` (N, C), finite and in [0, 1]."""
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        found = f"{labels.shape} and {probabilities.shape}"
        raise DataError(f"expected labels (N,) and probabilities (N, C), found {found}; give one row an example")
    if not len(labels):
        raise DataError("expected at least one example to score, found none")
    if labels.min() < 0 or labels.max() >= probabilities.shape[1]:
        wrong = int(labels.min() if labels.min() < 0 else labels.max())
        raise DataError(f"label {wrong}: expected a class number in 0..{probabilities.shape[1] - 1}")
    # a sum of float32 softmax outputs may pass 1 by a rounding error; NaN fails the comparison
    if not (probabilities.min() >= 0 and probabilities.max() <= 1 + 1e-3):
        raise DataError("expected probabilities between 0 and 1, found a number outside; give softmax outputs")


def confusion_matrix(labels: Int, predicted: Int, classes: int) -> Int:
    """Return the confusion matrix (C, C) int64 of class numbers (N,): rows are true, columns predicted."""
    counts = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def accuracy(labels: Int, predicted: Int, weights: Float | None = None) -> float:
    """Return the share of correct predictions."""
    return float(np.average(labels == predicted, weights=weights))


def class_scores(labels: Int, predicted: Int, classes: int, weights: Float | None = None) -> ClassScores:
    """Return precision, recall, F1 and counts of each of the C classes."""
    right = labels == predicted
    hits = np.bincount(labels[right], None if weights is None else weights[right], minlength=classes)
    support = np.bincount(labels, weights, minlength=classes)
    called = np.bincount(predicted, weights, minlength=classes)
    return ClassScores(
        _ratio(hits, called),
        _ratio(hits, support),
        _ratio(2 * hits, support + called),
        np.asarray(support, np.float64),
        np.asarray(called, np.float64),
    )


def macro_f1(labels: Int, predicted: Int, classes: int, weights: Float | None = None) -> float:
    """Return the mean F1 of the classes that occur among labels or predictions."""
    scores = class_scores(labels, predicted, classes, weights)
    return float(scores.f1[scores.support + scores.predicted > 0].mean())


def example_losses(labels: Int, probabilities: NDArray[np.floating]) -> Float:
    """Return the negative log likelihood of each example, (N,) float64, in nats.

    Rows are normalised; probabilities are clipped at the float64 epsilon (2.2e-16), so a loss is at most 36.
    """
    rows = np.asarray(probabilities, dtype=np.float64)
    true = rows[np.arange(len(labels)), labels] / np.maximum(rows.sum(axis=1), np.finfo(np.float64).tiny)
    losses: Float = -np.log(np.clip(true, np.finfo(np.float64).eps, 1.0))
    return losses


def log_loss(labels: Int, probabilities: NDArray[np.floating], weights: Float | None = None) -> float:
    """Return the log loss: the mean of `example_losses`, in nats."""
    return float(np.average(example_losses(labels, probabilities), weights=weights))


def roc_auc(positive: NDArray[np.bool_], scores: NDArray[np.floating], weights: Float | None = None) -> float:
    """Return the area under the ROC curve.

    It is the share of (positive, negative) pairs in which the positive has the higher score; a tie counts one half.
    `positive` and `scores` are (N,). NaN if there are no positives or no negatives.
    Source: Mann & Whitney 1947; Hanley & McNeil 1982.
    """
    ranks = np.unique(scores, return_inverse=True)[1]
    return _auc_of_ranks(positive, ranks, np.ones(len(scores)) if weights is None else weights)


def single_scorer(
    labels: Int, probabilities: NDArray[np.floating], predictions: Int | None = None
) -> Callable[[Float], dict[str, float]]:
    """Return a function from weights (N,) to accuracy, macro_f1, log_loss and, for two classes, roc_auc.

    `predictions` (N,) are the predictions, by default the most probable classes. What does not depend on the weights is
    computed once, so that thousands of resamples are cheap. `roc_auc` is that of class 1, NaN if only one class has
    weight.
    """
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1) if predictions is None else predictions
    right = (labels == predicted).astype(np.float64)
    losses = example_losses(labels, probabilities)
    ranks = np.unique(probabilities[:, 1], return_inverse=True)[1] if classes == 2 else None
    positive = labels == 1

    def score(weights: Float) -> dict[str, float]:
        total = weights.sum()
        scores = {
            "accuracy": float(weights @ right / total),
            "macro_f1": macro_f1(labels, predicted, classes, weights),
            "log_loss": float(weights @ losses / total),
        }
        return scores if ranks is None else {**scores, "roc_auc": _auc_of_ranks(positive, ranks, weights)}

    return score


def _auc_of_ranks(positive: NDArray[np.bool_], ranks: NDArray[np.intp], weights: Float) -> float:
    """Return `roc_auc` of scores given as dense ranks from 0."""
    up = np.bincount(ranks, weights * positive)
    down = np.bincount(ranks, weights * ~positive)
    pairs = up.sum() * down.sum()
    below = np.cumsum(down) - down
    return float(up @ (below + down / 2) / pairs) if pairs > 0 else float("nan")


def _ratio(part: NDArray[np.number], whole: NDArray[np.number]) -> Float:
    """Return `part / whole`, 0 where `whole` is 0."""
    shares: Float = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return shares
