"""Texts unlike all others: their words are much rarer than those of a usual text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.text.ragged import Ragged

MIN_DEVIATIONS = 5.0  # robust, above the median: gibberish and other languages, not a rare name
_AVERAGE_WORDS = 10  # added to each text, so that a few rare words are not enough
_NORMAL = 0.6745  # the median absolute deviation of a standard normal variable


@dataclass(frozen=True)
class Outliers:
    """Which of N texts are outliers, `found` (N,) bool, with what shows it: in how many texts a word of each stands on
    average (the geometric mean), `texts` (N,) float64, and one of the median text, `usual`.
    """

    found: NDArray[np.bool_]
    texts: NDArray[np.float64]
    usual: float


def find_outliers(rows: Ragged, words: int) -> Outliers:
    """Find the texts among `rows` (N) of numbers below `words` whose words are rare.

    The surprise of a text is the mean of -log(share of texts that have the word) over its words and ten of the average
    surprise; an outlier is `MIN_DEVIATIONS` robust standard deviations above the median.
    """
    row = np.repeat(np.arange(len(rows)), rows.lengths)
    distinct = np.unique(row * max(words, 1) + rows.flat)
    documents = np.bincount(distinct % max(words, 1), minlength=words)
    each = -np.log(np.maximum(documents, 1) / max(len(rows), 1))[rows.flat]
    if not len(each):
        return Outliers(np.zeros(len(rows), bool), np.zeros(len(rows)), 0.0)
    total = np.bincount(row, weights=each, minlength=len(rows))
    surprise = (total + _AVERAGE_WORDS * each.mean()) / (rows.lengths + _AVERAGE_WORDS)
    middle = float(np.median(surprise))
    scale = float(np.median(np.abs(surprise - middle))) / _NORMAL
    texts = np.exp(-total / np.maximum(rows.lengths, 1)) * len(rows)
    usual = float(np.median(texts[rows.lengths > 0]))
    return Outliers(surprise > middle + MIN_DEVIATIONS * max(scale, 1e-9), texts, usual)
