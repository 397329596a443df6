"""Numbers or texts formatted for a report."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from textrnn.data.text_boundary import show_columns

# C0 and C1 controls (white space is folded apart), the marks that reorder text, surrogates, noncharacters
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_DIGITS = 6


def clean_text(text: str, limit: int | None = None) -> str:
    r"""`text` on one line, without control characters, lone surrogates as U+FFFD, cut to `limit` characters.

    Text columns are separated by a bar: few fonts have the column separator.

    >>> clean_text("a\n b\x00", 10), clean_text("abcdef", 4)
    ('a b', 'abc…')
    """
    if limit is not None:
        text = text[: 8 * limit]  # a text may be megabytes long
    plain = _SURROGATE.sub("\ufffd", _UNSEEN.sub("", " ".join(show_columns(text).split())))
    return plain if limit is None or len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def shorten_label(text: str, columns: int) -> str:
    """`text` cut to so many columns; a Chinese, Japanese or Korean character takes two.

    >>> shorten_label("business", 6), shorten_label("体育新闻", 6)
    ('busin…', '体育…')
    """
    plain, used = clean_text(text, 4 * columns), 0
    for end, character in enumerate(plain):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > columns:
            return plain[: max(end - 1, 1)] + "…"
    return plain


def plain_json(value: Any) -> Any:
    """`value` as JSON that can be written: floats of 6 digits, NaN and infinities as null, texts cleaned.

    Six significant digits hide the last bits, in which processors differ.
    """
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(str(key)): plain_json(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain_json(item) for item in value]
    return value


def format_p_value(p_value: float) -> str:
    """Format a p value.

    >>> format_p_value(0.0312), format_p_value(1e-9)
    ('p = 0.031', 'p < 0.001')
    """
    if p_value < 0.001:
        return "p < 0.001"
    return f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"


def format_interval(sign: int, low: float, high: float) -> str:
    """The 95 % interval of a difference, turned round where `sign` is -1; by rounding none of its ends becomes 0.

    >>> format_interval(1, -0.0312, 0.0101), format_interval(-1, -0.02, -0.00004)
    (' (95 % -0.031..0.010)', ' (95 % 0.00004..0.020)')
    """
    ends = sorted((sign * low, sign * high))
    shown = [f"{end:.{max(3, -math.floor(math.log10(abs(end))))}f}" if end else "0" for end in ends]
    return f" (95 % {'..'.join(shown)})"


def pluralize(number: int, noun: str) -> str:
    """A count and its noun.

    >>> pluralize(1, "class"), pluralize(25000, "class"), pluralize(2, "example")
    ('1 class', '25,000 classes', '2 examples')
    """
    many = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else many}"
