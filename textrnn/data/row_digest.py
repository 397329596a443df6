"""A short digest of a row, by which a row that changed since it was looked at is known."""

from __future__ import annotations

from textrnn.data.target import Label
from textrnn.storage.files import digest_json

_DIGITS = 12


def row_digest(text: str, label: Label) -> str:
    """Return the digest of a row's text and label: a letter, then 12 hexadecimal digits, so that no spreadsheet takes
    it for a number.

    >>> row_digest("What a film!", "good") == row_digest("What a film!", "bad")
    False
    """
    return f"r{digest_json([text, label])[:_DIGITS]}"
