"""The n-gram branch explained: what each of its n-grams adds, shared out to the tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ngrams import extend_ngrams, find_positions

Float = NDArray[np.float64]
Int = NDArray[np.int64]


@dataclass(frozen=True)
class FoundPhrases:
    """The places where known n-grams stand in a text, P of them: tokens `starts[p]` to `ends[p]`, (P,) int64 each.

    `columns` (P,) int64 are the n-grams. `parts` (P,) float64 is what each adds at this place: an n-gram counts once
    however often it stands there, so that places of one n-gram share what it adds.
    """

    starts: Int
    ends: Int
    columns: Int
    parts: Float


def find_phrases(branch: NgramBranch, ids: NDArray[np.int32], weights: Float) -> FoundPhrases:
    """Returns the n-grams in the token `ids` (T,), with what each adds to (logits of the branch) @ `weights` (C,)."""
    levels, values = branch.ngrams.levels, np.asarray(ids, np.int64)
    single, row_of = levels[0].codes, np.zeros(len(values), np.int64)
    starts = words = find_positions(values, single)
    begins, ends, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for length, level in enumerate(levels, start=1):
        if length > len(values):
            break
        if length > 1:
            starts = find_positions(extend_ngrams(row_of, starts, words, length, len(single)), level.codes)
        at = np.flatnonzero(starts >= 0)
        column = level.columns[starts[at]]
        begins.append(at[column >= 0])
        ends.append(begins[-1] + length)
        columns.append(column[column >= 0])
    column = np.concatenate(columns)
    distinct, which, times = np.unique(column, return_inverse=True, return_counts=True)
    weighed = branch.weights[distinct].astype(np.float64) @ weights / np.sqrt(max(len(distinct), 1))
    return FoundPhrases(np.concatenate(begins), np.concatenate(ends), column, (weighed / times)[which])


def distribute_to_tokens(phrases: FoundPhrases, tokens: int) -> Float:
    """Returns what each token adds, (tokens,) float64: each of the n words of an n-gram has an n-th of its part."""
    lengths = phrases.ends - phrases.starts
    found = np.zeros(tokens)
    for within in range(int(lengths.max(initial=0))):
        some = lengths > within
        np.add.at(found, phrases.starts[some] + within, phrases.parts[some] / lengths[some])
    return found
