"""Whether predictions of texts that were cut change for the better when more of them is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.evaluation.headline import is_correct
from textrnn.metrics.binomial import at_most
from textrnn.text.ragged import Ragged, ragged

MAX_REREAD = 500  # texts: each costs a prediction of its whole length
LENGTH_FACTOR = 4  # times the length that is read otherwise

PredictAgain = Callable[[Ragged, NDArray[np.int64], int], NDArray[Any]]


def measure_truncation(
    rows: Ragged, labels: NDArray[Any], predictions: NDArray[Any], max_tokens: int, reread: PredictAgain
) -> dict[str, Any]:
    """Compare the predictions of the texts longer than `max_tokens` with those that `reread` gives for more tokens.

    `reread` takes token ids (K rows), the places (K,) of those rows among all, and a number of tokens to cut at; it
    returns K predictions. At most 500 texts are read again, evenly spaced, up to 4 times `max_tokens`. `p_value` is
    that of the exact sign test; a number counts as better predicted where it is closer.
    """
    cut = np.flatnonzero(rows.lengths > max_tokens)
    chosen = cut[:: -(-len(cut) // MAX_REREAD)] if len(cut) else cut
    better = worse = 0
    if len(chosen):
        again = reread(ragged(rows[int(i)] for i in chosen), chosen, LENGTH_FACTOR * max_tokens)
        better, worse = _count_changes(labels[chosen], predictions[chosen], again)
    return {
        "max_tokens": max_tokens,
        "longer": LENGTH_FACTOR * max_tokens,
        "cut": len(cut),
        "share": len(cut) / max(len(rows), 1),
        "reread": len(chosen),
        "only_longer": better,
        "only_cut": worse,
        "p_value": min(1.0, 2 * at_most(min(better, worse), better + worse, 0.5)) if better + worse else 1.0,
    }


def _count_changes(labels: NDArray[Any], first: NDArray[Any], second: NDArray[Any]) -> tuple[int, int]:
    if np.issubdtype(first.dtype, np.floating) and first.ndim == 1:
        gain = np.abs(first - labels) - np.abs(second - labels)
        return int((gain > 0).sum()), int((gain < 0).sum())
    truth = labels > 0 if first.ndim == 2 else labels
    before, after = is_correct(truth, first), is_correct(truth, second)
    return int((after & ~before).sum()), int((before & ~after).sum())
