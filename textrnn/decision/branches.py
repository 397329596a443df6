"""Logits of each branch of a classifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.train import Keep
from textrnn.data.side import Side
from textrnn.linear.ngram_branch import WideBranch, wide_logits
from textrnn.nn.artifact import Classifier
from textrnn.nn.classifier import RecurrentClassifier
from textrnn.nn.predict import compute_logits
from textrnn.text.ragged import Ragged


@dataclass(frozen=True)
class BranchLogits:
    """The logits of N texts by branch, each (N, C) float64."""

    recurrent: NDArray[np.float64]
    wide: NDArray[np.float64]


def branch_logits(
    network: RecurrentClassifier,
    wide: WideBranch,
    rows: Ragged,
    *,
    max_tokens: int,
    keep: Keep,
    on_batch: Callable[[int], None] | None = None,
    side: Side | None = None,
) -> BranchLogits:
    """Compute the logits of token ids `rows` (N), in float32 arithmetic: the recurrent branch reads each text cut to
    `max_tokens`, the n-gram branch the whole text; both read the tabular features `side` (N).

    `on_batch` is called with the number of texts of each finished batch, and may raise to stop.
    """
    recurrent = compute_logits(network, rows, max_tokens=max_tokens, keep=keep, on_batch=on_batch, side=side)
    return BranchLogits(recurrent, wide_logits(wide, rows, side))


def classifier_logits(classifier: Classifier, wide: WideBranch, rows: Ragged, side: Side | None = None) -> BranchLogits:
    """Compute the logits of token ids `rows` (N) and tabular features `side` (N) with a trained `classifier`; see
    `branch_logits`.
    """
    settings = classifier.train_config
    return branch_logits(
        classifier.network(), wide, rows, max_tokens=settings.max_tokens, keep=settings.keep, side=side
    )
