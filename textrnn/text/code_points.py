"""The normalization of each code point by the tokenizer."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache
from threading import Lock
from typing import Literal

import numpy as np

from textrnn.config.tokenize import Normalize

# as `textrnn/kernels/words.c` has them
_FOREIGN, _WORD, _ALONE, _SPACE = 1, 1 << 21, 2 << 21, 3 << 21
_SEVERAL = 1 << 23
_CLASS = 24  # the lowest bit of the combining class

_BLOCK = 64  # code points that are filled in at a time
_ROOM = 1 << 14  # four times as much as is needed
MAX_GROWTH = 2  # code points that come of one byte of UTF-8, at most; what grows more is the library's
_OLD = unicodedata.ucd_3_2_0
# White_Space of Unicode, the same since 6.3: Rust's char::is_whitespace, Oniguruma's \s
_WHITE = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | set(map(chr, range(0x2000, 0x200B)))


class CodePoints:
    r"""A table with an entry for each code point: what NFKC or NFC, lower case and the split make of it.

    `entries` (0x110000,) uint32 are 0 until `fill` is called; `several` holds, for what becomes several code points,
    how many, then these. `textrnn/kernels/words.c` has their layout.

    The library tokenizers knows one version of Unicode, Python another. An entry says what becomes of a code point
    only where the version does not matter: it stands in Unicode 3.2 and means there what it means today, or it came
    later and is neither cased nor punctuation nor changed by a normal form, so that the library leaves it as it is,
    known or not. And only where its neighbours do not matter: no normal form joins it to what stands before it, and
    marks in the order of their classes keep it (Unicode Standard Annex 15, "Detecting Normalization Forms"; the C code
    looks at the order). A text with any other code point is the library's.

    >>> table = CodePoints("nfkc", True)
    >>> table.meaning("\uff21"), table.meaning("\u2026"), table.meaning("\u0301")
    ('a', '...', None)
    """

    def __init__(self, form: Normalize, lowercase: bool) -> None:
        self.entries = np.zeros(sys.maxunicode + 1, np.uint32)  # memory that is not touched is not taken
        self.several = np.zeros(_ROOM, np.uint32)
        self._used = 0
        self._form: Literal["NFKC", "NFC"] = "NFKC" if form == "nfkc" else "NFC"
        self._lowercase = lowercase
        self._lock = Lock()
        for start in range(0, 0x80, _BLOCK):
            self.fill(start)

    def fill(self, code_point: int) -> None:
        """Fill in the entry of a code point, with its neighbours."""
        start = code_point // _BLOCK * _BLOCK
        with self._lock:
            self.entries[start : start + _BLOCK] = [self._entry(chr(point)) for point in range(start, start + _BLOCK)]

    def meaning(self, character: str) -> str | None:
        """Returns what the tokenizer makes of `character`; None where that may depend on its neighbours, or on the
        version of Unicode.
        """
        normal = self._normal(character)
        return None if normal is None else self._in_case(normal)

    def _normal(self, character: str) -> str | None:
        category = unicodedata.category(character)
        if category in ("Cn", "Cs"):
            return None
        normal = unicodedata.normalize(self._form, character)
        if (before := _OLD.category(character)) == "Cn":
            return normal if normal == character and _stays_itself(character, category) else None
        if normal != _OLD.normalize(self._form, character):
            return None
        if category == before in ("Lo", "Co") and normal == character and not "\u1100" <= character <= "\u11ff":
            return normal  # most of the scripts without case, private use
        if not all(map(_has_settled, normal + normal.lower())) or _may_join(normal[0]):
            return None
        return None if unicodedata.combining(normal[0]) and len(normal) > 1 else normal

    def _in_case(self, normal: str) -> str:
        # each by itself, as the library does: "Σ" at the end of a word is "σ"
        return "".join(map(str.lower, normal)) if self._lowercase else normal

    def _entry(self, character: str) -> int:
        normal = self._normal(character)
        if normal is None or len(self._in_case(normal)) > MAX_GROWTH * len(character.encode()):
            return _FOREIGN
        found = []
        for each in normal:
            combining = unicodedata.combining(each)
            for part in self._in_case(each):
                found.append(_kind(part) | ord(part) | combining << _CLASS)
                combining = 0  # marks that lower case brings are not put in order
        if len(found) == 1:
            return found[0]
        place, end = self._used, self._used + 1 + len(found)
        if end > _ROOM:
            return _FOREIGN
        self.several[place:end] = [len(found), *found]
        self._used = end
        return _WORD | _SEVERAL | place


@cache
def code_points_of(form: Normalize, lowercase: bool) -> CodePoints:
    """Returns the table of these settings, filled in as texts need it; one for the whole process."""
    return CodePoints(form, lowercase)


def _kind(character: str) -> int:
    if character in _WHITE or character == "\0":
        return _SPACE
    if character.isascii():
        return _ALONE if character.isprintable() and not character.isalnum() else _WORD
    return _ALONE if unicodedata.category(character)[0] == "P" else _WORD


def _stays_itself(character: str, category: str) -> bool:
    """Returns whether a character that came after Unicode 3.2 is one that no tokenizer changes or joins to another."""
    if category[0] in "LM":  # of which some have case, and some join
        return unicodedata.name(character, "").startswith("CJK UNIFIED IDEOGRAPH")
    return category[0] != "P" and character == character.lower()


def _has_settled(character: str) -> bool:
    """Returns whether a character is in Unicode 3.2 and is, or is not, punctuation there as it is today."""
    before, now = _OLD.category(character), unicodedata.category(character)
    return before != "Cn" and (before[0] == "P") == (now[0] == "P")


def _may_join(character: str) -> bool:
    """Returns whether a normal form may join a character of Unicode 3.2 to what stands before it."""
    if "\u1161" <= character <= "\u11ff":  # the vowels of Hangul and what ends a syllable
        return True
    return unicodedata.category(character)[0] == "M" and character in _joined()


@cache
def _joined() -> frozenset[str]:
    """Returns the marks of Unicode 3.2 that a normal form joins to what stands before them."""
    pairs = (unicodedata.decomposition(chr(point)).split(" ") for point in range(0xC0, 0x3100))
    return frozenset(chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and "<" not in pair[0])
