"""Groups by what can be seen of a text: its length, its unknown tokens, its script."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from textrnn.evaluation.slices.group import Group

N_GROUPS = 5  # groups by length hold about as many rows each
UNKNOWN_BINS = ((0.0, 0.05), (0.05, 0.2), (0.2, 1.0))  # shares of unknown tokens, above and up to
MAX_LETTERS = 200  # characters of a text that tell its script
NO_SCRIPT = "no letters"


def group_by_length(lengths: NDArray[np.int64]) -> list[Group]:
    """Return up to 5 groups of texts by their length in tokens, `lengths` (N,)."""
    tops = np.unique(np.quantile(lengths, np.arange(1, N_GROUPS + 1) / N_GROUPS, method="inverted_cdf"))
    places = np.searchsorted(tops, lengths)
    found = []
    for i, top in enumerate(tops.tolist()):
        members = places == i
        low = int(lengths[members].min())
        found.append(Group("length", f"{low} tokens" if low == top else f"{low} to {top} tokens", members))
    return found if len(found) > 1 else []


def group_by_unknown(shares: NDArray[np.float64]) -> list[Group]:
    """Return groups of texts by their share of unknown tokens, `shares` (N,); none where all are known."""
    if not shares.any():
        return []
    return [Group("unknown tokens", "no unknown token", shares == 0)] + [
        Group("unknown tokens", f"{low:.0%} to {high:.0%} unknown tokens", (shares > low) & (shares <= high))
        for low, high in UNKNOWN_BINS
    ]


def group_by_script(texts: Sequence[str]) -> list[Group]:
    """Return groups of `texts` (N) by the script of most of their first letters; none where all have the same."""
    scripts = np.array([script_of(text) for text in texts])
    names = np.unique(scripts).tolist()
    return [Group("script", f"script {name}", scripts == name) for name in names] if len(names) > 1 else []


def script_of(text: str) -> str:
    """Return the script of most letters among the first 200 characters, as Unicode names it.

    >>> script_of("What a film!"), script_of("多么好的电影"), script_of("12:30")
    ('Latin', 'CJK', 'no letters')
    """
    counts: dict[str, int] = {}
    for character in text[:MAX_LETTERS]:
        if character.isalpha():
            script = _script(character)
            counts[script] = counts.get(script, 0) + 1
    return max(counts, key=lambda name: (counts[name], name)) if counts else NO_SCRIPT


@lru_cache(maxsize=1 << 16)
def _script(character: str) -> str:
    word = unicodedata.name(character, "other").split()[0].split("-")[0]
    return word if word == "CJK" else word.capitalize()
