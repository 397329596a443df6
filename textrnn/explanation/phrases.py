"""The words of a text, or phrases where it has too many: what is left out at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int = NDArray[np.int64]
MAX_WORDS = 256  # words that are left out one by one: a tenth of a second


def phrase_size(words: int) -> int:
    """Returns how many words a phrase has, where the recurrent branch reads so many: there are 256 phrases at most.

    >>> phrase_size(256), phrase_size(257), phrase_size(1000)
    (1, 3, 8)
    """
    return 1 if words <= MAX_WORDS else -(-2 * words // MAX_WORDS)


def group_words(words: Int, ends_phrase: NDArray[np.bool_], size: int) -> Int:
    """Returns the number of the group of each token, (T,) int64, from 0: phrases of `size` words, or words, if it is 1.

    `words` (T,) are the numbers of their words, from 0 and rising; `ends_phrase` (T,) says after which tokens a phrase
    may end, as after a comma: it does so once it has half of its size.

    >>> group_words(np.array([0, 0, 1, 2]), np.zeros(4, bool), 1).tolist()
    [0, 0, 1, 2]
    >>> group_words(np.arange(6), np.array([0, 1, 0, 0, 0, 0], bool), 3).tolist()
    [0, 0, 1, 1, 1, 2]
    """
    if size == 1 or not len(words):
        return words
    may_end = np.zeros(int(words[-1]) + 1, bool)
    may_end[words[ends_phrase]] = True
    group_of, group, length = np.zeros(len(may_end), np.int64), 0, 0
    for word, may in enumerate(may_end.tolist()):
        group_of[word] = group
        length += 1
        if length >= size or (may and 2 * length >= size):
            group, length = group + 1, 0
    return group_of[words]
