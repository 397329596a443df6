"""Unicode normalization of the library tokenizers as tables, for a tokenizer that runs elsewhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tokenizers.models import WordLevel
from tokenizers.normalizers import NFC, NFD, NFKD, Lowercase

from textrnn.config.tokenize import TokenizeConfig
from textrnn.text.special_tokens import UNK_TOKEN
from textrnn.text.tokenizer import build_tokenizer

# Where code points are that are cased, that stand alone, or that a normal form changes: the first two planes, and the
# compatibility ideographs. Of all others `build_tables` makes sure that none is changed.
_RANGES = ((0x0, 0xD800), (0xE000, 0x20000), (0x2F800, 0x2FA20), (0xE0000, 0xE0200))
_REST = ((0x20000, 0x2F800), (0x2FA20, 0xE0000), (0xE0200, 0x110000))
_HANGUL = range(0xAC00, 0xAC00 + 11172)  # whose decompositions are arithmetic
_END = "\n"  # between code points: nothing combines with it
_LOW, _HIGH = "\u0334", "\u0301"  # marks of the classes 1 and 230
LETTER, ALONE, SPACE = 1, 2, 3  # as `textrnn/kernels/words.c` has kinds


@dataclass(frozen=True)
class UnicodeTables:
    """What becomes of code points, by the version of Unicode that the library knows; what is not listed stays.

    `decompositions`, whole, but for those of Hangul; `classes`, of combining marks, 0 of others; `pairs` and what they
    are composed to, but for Hangul; `lower` cases, empty where case is kept; `kinds`, `ALONE` or `SPACE`, of what does
    not belong to a word.
    """

    decompositions: Mapping[str, str]
    classes: Mapping[str, int]
    pairs: Mapping[str, str]
    lower: Mapping[str, str]
    kinds: Mapping[str, int]


@cache
def build_tables(config: TokenizeConfig) -> UnicodeTables:
    """Returns the tables of the tokenizer of `config`, asking the library for every code point: takes seconds.

    Raises RuntimeError where the library changes a code point that no known version of Unicode does.
    """
    canonical, full = NFD().normalize_str, (NFKD() if config.normalize == "nfkc" else NFD()).normalize_str
    lowercase = Lowercase().normalize_str if config.lowercase else str
    for change in (full, lowercase):
        rest = _END.join(_characters(_REST))
        if change(rest) != rest:
            raise RuntimeError("the library tokenizers changes code points that the tables cannot hold")
    characters = list(_characters(_RANGES))
    decompositions = _changes(characters, full)
    return UnicodeTables(
        {c: d for c, d in decompositions.items() if ord(c) not in _HANGUL},
        _classes(characters, full),
        _pairs(_changes(characters, canonical)),
        _changes(characters, lowercase),
        _kinds(characters, config),
    )


def normal_form(tables: UnicodeTables) -> Callable[[str], str]:
    """Returns NFKC or NFC by the tables alone, code point by code point: what a page does in its own language."""

    def decomposed(character: str) -> str:
        if ord(character) not in _HANGUL:
            return tables.decompositions.get(character, character)
        index = ord(character) - _HANGUL.start
        tail = chr(0x11A7 + index % 28) if index % 28 else ""
        return chr(0x1100 + index // 588) + chr(0x1161 + index % 588 // 28) + tail

    def joined(first: str, second: str) -> str | None:
        lead, vowel, tail = ord(first) - 0x1100, ord(second) - 0x1161, ord(second) - 0x11A7
        if 0 <= lead < 19 and 0 <= vowel < 21:
            return chr(_HANGUL.start + (lead * 21 + vowel) * 28)
        if ord(first) in _HANGUL and not (ord(first) - _HANGUL.start) % 28 and 0 < tail < 28:
            return chr(ord(first) + tail)
        return tables.pairs.get(first + second)

    def change(text: str) -> str:
        found: list[str] = []
        starter, last = -1, 0  # the place of the last starter, the class of what was kept since
        for character in _in_order("".join(map(decomposed, text)), tables.classes):
            own = tables.classes.get(character, 0)
            free = starter >= 0 and (starter == len(found) - 1 or last < own)
            whole = joined(found[starter], character) if free else None
            if whole is not None:
                found[starter] = whole
                continue
            starter, last = (len(found), 0) if own == 0 else (starter, own)
            found.append(character)
        return "".join(found)

    return change


def _in_order(text: str, classes: Mapping[str, int]) -> Iterator[str]:
    """The code points of `text`, marks in the order of their classes."""
    marks: list[str] = []
    for character in text:
        if classes.get(character, 0):
            marks.append(character)
            continue
        yield from sorted(marks, key=classes.__getitem__)
        marks = []
        yield character
    yield from sorted(marks, key=classes.__getitem__)


def _characters(ranges: tuple[tuple[int, int], ...]) -> Iterator[str]:
    return (chr(point) for start, end in ranges for point in range(start, end) if chr(point) != _END)


def _changes(characters: list[str], change: Callable[[str], str]) -> dict[str, str]:
    """What `change` makes of each character by itself, of those that it changes."""
    found = change(_END.join(characters)).split(_END)
    return {before: after for before, after in zip(characters, found, strict=True) if before != after}


def _classes(characters: list[str], decompose: Callable[[str], str]) -> dict[str, int]:
    """The combining class of each mark, by where the library puts it among marks of known classes."""
    after_high = decompose(_END.join(_HIGH + c for c in characters)).split(_END)
    before_low = decompose(_END.join(c + _LOW for c in characters)).split(_END)
    return {
        c: unicodedata.combining(c)
        for c, after, before in zip(characters, after_high, before_low, strict=True)
        if decompose(c) == c and (after, before) != (_HIGH + c, c + _LOW)
    }


def _pairs(canonical: Mapping[str, str]) -> dict[str, str]:
    """What the library composes of two characters, but for Hangul."""
    compose, found = NFC().normalize_str, {}
    for whole, parts in canonical.items():
        pair = compose(parts[:-1]) + parts[-1]
        if ord(whole) not in _HANGUL and len(pair) == 2 and compose(pair) == whole:
            found[pair] = whole
    return found


def _kinds(characters: list[str], config: TokenizeConfig) -> dict[str, int]:
    """What each character is to the split, of those that are no part of a word."""
    words = TokenizeConfig("words", config.lowercase, config.normalize)  # where characters stand alone, by themselves
    split = build_tokenizer(words, WordLevel({UNK_TOKEN: 0}, unk_token=UNK_TOKEN)).pre_tokenizer
    counts = [0] * len(characters)
    for _, (start, _) in split.pre_tokenize_str(_END.join(character * 2 for character in characters)):
        counts[start // 3] += 1
    found = {c: ALONE if count else SPACE for c, count in zip(characters, counts, strict=True) if count != 1}
    return found | {_END: SPACE, "\0": SPACE}
