"""The words of a text, or phrases where it has too many: what is left out at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]
MOST = 256  # groups of a text: as many are left out in about a tenth of a second


def group_words(words: Int, ends_phrase: NDArray[np.bool_], most: int = MOST) -> Int:
    """Returns the number of the group of each token, (T,) int64, from 0.

    `words` (T,) are the numbers of their words, from 0 and rising; `ends_phrase` (T,) says after which tokens a phrase
    may end, as after a comma. Up to `most` words are groups of their own; more are put together: a phrase has as many
    as are needed for half of `most` phrases or fewer, and ends earlier, after half of that, where it may.

    >>> group_words(np.array([0, 0, 1, 2]), np.zeros(4, bool)).tolist()
    [0, 0, 1, 2]
    >>> group_words(np.arange(6), np.array([0, 0, 1, 0, 0, 0], bool), most=2).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    count = int(words[-1]) + 1 if len(words) else 0
    if count <= most:
        return words
    size = -(-2 * count // most)
    may_end = np.zeros(count, bool)
    may_end[words[ends_phrase]] = True
    group_of, group, length = np.zeros(count, np.int64), 0, 0
    for word, may in enumerate(may_end.tolist()):
        group_of[word] = group
        length += 1
        if length >= size or (may and 2 * length >= size):
            group, length = group + 1, 0
    return group_of[words]
