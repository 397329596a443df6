"""Logits of each branch of a classifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.train import Truncation
from textrnn.data.tabular import TabularFeatures
from textrnn.inference.classifier import Classifier
from textrnn.inference.engine import Engine, build_engine
from textrnn.inference.logits import compute_logits
from textrnn.linear.ngram_branch import NgramBranch, ngram_logits
from textrnn.text.ragged import Ragged


@dataclass(frozen=True)
class BranchLogits:
    """The logits of N texts by branch, each (N, C) float64."""

    recurrent: NDArray[np.float64]
    ngram_branch: NDArray[np.float64]


def branch_logits(
    engine: Engine,
    ngram_branch: NgramBranch,
    rows: Ragged,
    *,
    max_tokens: int,
    truncation: Truncation,
    on_batch: Callable[[int], None] | None = None,
    tabular: TabularFeatures | None = None,
    threads: int | None = None,
) -> BranchLogits:
    """Compute the logits of token ids `rows` (N), in float32 arithmetic: the recurrent branch reads each text cut to
    `max_tokens`, the n-gram branch the whole text; both read the tabular features `tabular` (N).

    `on_batch` is called with the number of texts of each finished batch, and may raise to stop. `threads` compute the
    recurrent branch (`compute_logits`).
    """
    recurrent = compute_logits(
        engine,
        rows,
        max_tokens=max_tokens,
        truncation=truncation,
        on_batch=on_batch,
        tabular=tabular,
        threads=threads,
    )
    return BranchLogits(recurrent, ngram_logits(ngram_branch, rows, tabular))


def classifier_logits(
    classifier: Classifier, ngram_branch: NgramBranch, rows: Ragged, tabular: TabularFeatures | None = None
) -> BranchLogits:
    """Compute the logits of token ids `rows` (N) and tabular features `tabular` (N) with a trained `classifier`; see
    `branch_logits`.
    """
    settings = classifier.train_config
    return branch_logits(
        build_engine(classifier.network()),
        ngram_branch,
        rows,
        max_tokens=settings.max_tokens,
        truncation=settings.truncation,
        tabular=tabular,
    )
