"""Words that nearly equal a class: a leak of the label into the text, or a class that one word defines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from textrnn.data.target import Target
from textrnn.text.count_ngrams import count_ngrams
from textrnn.text.ngrams import ngram_words
from textrnn.text.ragged import Ragged

MIN_TEXTS = 20  # that have the word: fewer may do so by chance
MIN_F1 = 0.95


@dataclass(frozen=True)
class IndicativeWord:
    """A word number with the class number that it tells: `texts` have the word, `members` the class, `both` both."""

    word: int
    label: int
    texts: int
    members: int
    both: int

    @property
    def f1(self) -> float:
        """F1 of the rule that a text has the class where it has the word."""
        return 2 * self.both / (self.texts + self.members)


def find_indicative_words(rows: Ragged, labels: NDArray[Any], target: Target) -> list[IndicativeWord]:
    """Find the words of `rows` (N) that tell a class with an F1 of `MIN_F1` or more, the best first; none for numbers.

    `labels` are encoded by `encode_labels`.
    """
    if target.kind == "number" or not len(rows):
        return []
    ngrams, counts = count_ngrams(rows, longest=1, min_documents=MIN_TEXTS, max_features=1 << 62)
    there = sparse.csr_array((np.ones(counts.nnz), counts.indices, counts.indptr), shape=counts.shape)
    if labels.ndim == 2:
        member = sparse.csr_array(labels.astype(np.float64))
    else:
        parts = (np.ones(len(labels)), labels, np.arange(len(labels) + 1))
        member = sparse.csr_array(parts, shape=(len(labels), target.outputs))
    both = (member.T @ there).tocoo()
    texts, members = np.asarray(there.sum(axis=0)).ravel(), np.asarray(member.sum(axis=0)).ravel()
    telling = np.flatnonzero(2 * both.data >= MIN_F1 * (texts[both.col] + members[both.row]))
    words = ngram_words(ngrams)
    found = [
        IndicativeWord(words[column][0], label, int(texts[column]), int(members[label]), int(common))
        for label, column, common in zip(
            both.row[telling].tolist(), both.col[telling].tolist(), both.data[telling].tolist(), strict=True
        )
    ]
    return sorted(found, key=lambda word: (-word.f1, word.label, word.word))
