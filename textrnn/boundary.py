"""The one text boundary: what any text passes before a tokenizer sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from textrnn.errors import DataError

MAX_CHARACTERS = 1_000_000
REPLACEMENT = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Bounded:
    """A text that any UTF-8 library can take, and what was done to it.

    `cut` says that characters were cut off its end; `surrogates` counts the lone surrogates that
    became U+FFFD in what is left.
    """

    text: str
    cut: bool
    surrogates: int


def bound_text(text: str, max_characters: int = MAX_CHARACTERS) -> Bounded:
    r"""`text` cut after `max_characters` code points, its lone surrogates replaced by U+FFFD.

    Everything else (NUL, HTML breaks, case, compatibility forms) is the tokenizer's own business, so
    that a saved `tokenizer.json` alone gives the same ids. Raises DataError for what is not a string.

    >>> bound_text("a\ud800bc", 3)
    Bounded(text='a\ufffdb', cut=True, surrogates=1)
    """
    if not isinstance(text, str):
        raise DataError(f"a text: expected a string, found {type(text).__name__}; write it as text")
    cut = len(text) > max_characters
    if cut:
        text = text[:max_characters]
    if text.isascii() or _is_unicode(text):  # isascii reads a flag, the encoder runs at memory speed
        return Bounded(text, cut, 0)
    clean, surrogates = _SURROGATE.subn(REPLACEMENT, text)
    return Bounded(clean, cut, surrogates)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
