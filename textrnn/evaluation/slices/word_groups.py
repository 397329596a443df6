"""Groups of texts by the words in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from textrnn.evaluation.slices.group import Group

MAX_WORDS = 100  # the most frequent that are neither in nearly all texts nor in few
LEAST, MOST = 0.02, 0.5  # share of the texts that hold a word
MAX_CHARACTERS = 2000  # of a text that are read
_WORD = re.compile(r"[㐀-鿿]|[^\W\d_㐀-鿿]+")  # a Chinese character by itself


def words_of(text: str) -> frozenset[str]:
    """Return the different words of the first 2,000 characters of a text, in small letters.

    >>> sorted(words_of("The soup, THE soup!")), sorted(words_of("好 film"))
    (['soup', 'the'], ['film', '好'])
    """
    return frozenset(_WORD.findall(text[:MAX_CHARACTERS].lower()))


def choose_words(texts: Sequence[frozenset[str]]) -> list[str]:
    """Return the 100 most frequent words that 2 % to 50 % of the texts hold, given the words of each."""
    counts = Counter(word for words in texts for word in words)
    least, most = max(LEAST * len(texts), 2), MOST * len(texts)
    fit = [word for word, count in counts.items() if least <= count <= most]
    return sorted(fit, key=lambda word: (-counts[word], word))[:MAX_WORDS]


def group_by_word(texts: Sequence[frozenset[str]], words: Sequence[str]) -> list[Group]:
    """Return a group for each of `words`: the texts, given by the words of each, that hold it."""
    return [
        Group("word", f"the word {word!r}", np.fromiter((word in each for each in texts), bool, len(texts)))
        for word in words
    ]
