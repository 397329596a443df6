"""Texts of users sanitized for display: no control characters, no change of direction."""

from __future__ import annotations

import re

# C0 and C1 controls but for white space, the marks that reorder text, noncharacters
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")


def sanitize(text: str) -> str:
    r"""Returns `text` with its white space as single spaces, and without what moves a cursor or turns the direction.

    >>> sanitize(" a\x1b[31m\n\u202eb\ud800")
    ' a[31m b\ufffd'
    """
    return _SURROGATE.sub("\ufffd", _UNSEEN.sub("", _SPACE.sub(" ", text)))


def split_at(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, int | None]]:
    """Returns the pieces of `text`, harmless, each with the number of its span, None between spans, which rise.

    >>> split_at("a film!", [(2, 6)])
    [('a ', None), ('film', 0), ('!', None)]
    """
    pieces: list[tuple[str, int | None]] = []
    place = 0
    for number, (start, end) in enumerate(spans):
        pieces += [(text[place:start], None), (text[max(start, place) : end], number)]
        place = max(place, end)
    pieces.append((text[place:], None))
    found: list[tuple[str, int | None]] = []
    for piece, which in pieces:
        harmless = sanitize(piece)
        if found and found[-1][0].endswith(" ") and harmless.startswith(" "):
            harmless = harmless[1:]
        if harmless:
            found.append((harmless, which))
    return found
