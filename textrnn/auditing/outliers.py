"""Texts unlike all others: their words stand in hardly any other text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from textrnn.text.ragged import Ragged

MIN_DEVIATIONS = 5.0  # robust, above the median: gibberish and other languages, not a rare name
_AVERAGE_WORDS = 10  # added to each text, so that a few rare words are not enough
_NORMAL = 0.6745  # the median absolute deviation of a standard normal variable


def find_outliers(rows: Ragged, words: int) -> NDArray[np.bool_]:
    """Find the texts among `rows` (N) of numbers below `words` whose words are rare, (N,) bool.

    The surprise of a text is the mean of -log(share of texts that have the word) over its words and ten of the average
    surprise; an outlier is `MIN_DEVIATIONS` robust standard deviations above the median.
    """
    row = np.repeat(np.arange(len(rows)), rows.lengths)
    distinct = np.unique(row * max(words, 1) + rows.flat)
    documents = np.bincount(distinct % max(words, 1), minlength=words)
    each = -np.log(np.maximum(documents, 1) / max(len(rows), 1))[rows.flat]
    if not len(each):
        return np.zeros(len(rows), bool)
    total = np.bincount(row, weights=each, minlength=len(rows))
    surprise = (total + _AVERAGE_WORDS * each.mean()) / (rows.lengths + _AVERAGE_WORDS)
    middle = float(np.median(surprise))
    scale = float(np.median(np.abs(surprise - middle))) / _NORMAL
    found: NDArray[np.bool_] = surprise > middle + MIN_DEVIATIONS * max(scale, 1e-9)
    return found
