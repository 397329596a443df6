"""The figures of one trained classifier on the validation texts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import compute_scores
from textrnn.decision.fit_decision import fit_decision
from textrnn.metrics.metrics import accuracy, log_loss

Float = NDArray[np.float64]
Int = NDArray[np.int64]
FOLDS = 2


def score_branches(logits: BranchLogits, labels: Int, *, has_ngrams: bool) -> dict[str, dict[str, float] | None]:
    """Accuracy and log loss (nats) of the `recurrent` branch alone, of `ngram_branch` (None without) and `joined`.

    Each is scored with the factors that `decide` would find for it alone, or for both.
    `logits` and `labels` (N,) are of N texts.
    """
    nothing = np.zeros_like(logits.recurrent)
    alone = {"recurrent": logits.recurrent, "ngram_branch": logits.ngram_branch if has_ngrams else None}
    found: dict[str, dict[str, float] | None] = {
        name: None if each is None else _score(BranchLogits(each, nothing), labels, has_ngrams=False)
        for name, each in alone.items()
    }
    return {**found, "joined": _score(logits, labels, has_ngrams=has_ngrams)}


def crossed(logits: BranchLogits, labels: Int, *, has_ngrams: bool) -> Float:
    """Probabilities (N, C): those of every second text with the factors that suit the others, and the reverse.

    So no text is scored with factors that it helped to choose (two-fold cross-fitting).
    """
    fold = np.arange(len(labels)) % FOLDS
    probabilities = np.empty_like(logits.recurrent)
    for each in range(FOLDS):
        rest, held = fold != each, fold == each
        decision = fit_decision(_rows(logits, rest), labels[rest], has_ngrams=has_ngrams)
        probabilities[held] = compute_scores(decision, _rows(logits, held))
    return probabilities


def _score(logits: BranchLogits, labels: Int, *, has_ngrams: bool) -> dict[str, float]:
    probabilities = crossed(logits, labels, has_ngrams=has_ngrams)
    return {
        "accuracy": accuracy(labels, probabilities.argmax(axis=1)),
        "log_loss": log_loss(labels, probabilities),
    }


def _rows(logits: BranchLogits, rows: NDArray[np.bool_]) -> BranchLogits:
    return BranchLogits(logits.recurrent[rows], logits.ngram_branch[rows])
