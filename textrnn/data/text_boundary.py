"""The one text boundary: what any text passes before a tokenizer sees it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile

from textrnn.errors import DataError

MAX_CHARACTERS = 1_000_000
MAX_NFKC_GROWTH = 18  # code points that NFKC makes of one: of U+FDFA, no other makes more (Unicode FAQ, normalization)
REPLACEMENT_CHARACTER = "\ufffd"
COLUMN_SEPARATOR = "\u241e"  # the sign of the record separator: where one text column ends and the next begins
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class BoundedText:
    """A text that any UTF-8 library can take, and what was done to it.

    `cut` says that characters were cut off its end; `surrogates` counts the lone surrogates that
    became U+FFFD in what is left. `grows` says that
    NFKC would have made it more than twice as long as allowed, though it came no longer than that.
    """

    text: str
    cut: bool
    surrogates: int
    grows: bool = False


def bound_text(text: str, max_characters: int = MAX_CHARACTERS) -> BoundedText:
    r"""`text` cut where it, or what NFKC makes of it, has `max_characters` code points; lone surrogates become U+FFFD.

    Everything else (NUL, HTML breaks, case, compatibility forms) is the tokenizer's own business, so
    that a saved `tokenizer.json` alone gives the same ids. Raises DataError for what is not a string.

    >>> bound_text("a\ud800bc", 3)
    BoundedText(text='a\ufffdb', cut=True, surrogates=1, grows=False)
    >>> bound_text("\ufb03x", 3)  # the ligature becomes "ffi"
    BoundedText(text='ﬃ', cut=True, surrogates=0, grows=False)
    >>> bound_text("\ufb03" * 3, 3).grows
    True
    """
    if not isinstance(text, str):
        raise DataError(f"a text: expected a string, found {type(text).__name__}; write it as text")
    original, whole = text, len(text)
    text = _cut(text[:max_characters], max_characters)
    cut = len(text) < whole
    grows = cut and whole <= max_characters and nfkc_length(original) > 2 * max_characters
    if text.isascii() or is_unicode(text):  # isascii reads a flag, the encoder runs at memory speed
        return BoundedText(text, cut, 0, grows)
    clean, surrogates = _SURROGATE.subn(REPLACEMENT_CHARACTER, text)
    return BoundedText(clean, cut, surrogates, grows)


def truncate_texts(texts: Sequence[str], max_characters: int = MAX_CHARACTERS) -> tuple[list[str], list[int]]:
    r"""Each of the `texts` as `bound_text` leaves it, and the places, from 0, of those that were cut.

    What is not a string goes through: who encodes the texts names it.

    >>> truncate_texts(["abcd", "a\ud800"], 3)
    (['abc', 'a�'], [0])
    """
    bounded, cut = list(texts), []
    harmless = max_characters // MAX_NFKC_GROWTH  # characters that cannot become too many
    for place, text in enumerate(bounded):
        if not isinstance(text, str) or (text.isascii() and len(text) <= max_characters):
            continue
        if len(text) <= harmless and is_unicode(text):
            continue
        found = bound_text(text, max_characters)
        bounded[place] = found.text
        if found.cut:
            cut.append(place)
    return bounded, cut


def join_texts(parts: Sequence[str]) -> str:
    """The text columns of one example as one text: the sign between them is taken out of the columns themselves.

    >>> join_texts(["a lamp", "it \u241e broke"])
    'a lamp \u241e it   broke'
    """
    if len(parts) == 1:
        return parts[0]
    return f" {COLUMN_SEPARATOR} ".join(
        part.replace(COLUMN_SEPARATOR, " ") if COLUMN_SEPARATOR in part else part for part in parts
    )


def show_columns(text: str) -> str:
    """Return a text for people: between columns stands a bar.

    >>> show_columns(join_texts(["Late", "where is it"]))
    'Late | where is it'
    """
    return text.replace(COLUMN_SEPARATOR, "|")


def nfkc_length(text: str) -> int:
    """How many code points NFKC makes of `text`, each taken by itself: what an encoder must hold.

    >>> nfkc_length("a\ufb03\ufdfa")
    22
    """
    if text.isascii():
        return len(text)
    return len(text) + sum((size - 1) * text.count(character) for character, size in _growth(text).items() if size > 1)


def _cut(text: str, max_characters: int) -> str:
    """The longest start of `text` that does not grow beyond `max_characters`."""
    if text.isascii() or len(text) * MAX_NFKC_GROWTH <= max_characters:
        return text
    growth = _growth(text)
    ends = accumulate(map(growth.__getitem__, text))
    return text[: sum(1 for _ in takewhile(lambda end: end <= max_characters, ends))]


def _growth(text: str) -> dict[str, int]:
    return {character: len(unicodedata.normalize("NFKC", character)) for character in set(text)}


def is_unicode(text: str) -> bool:
    """Whether `text` holds no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
