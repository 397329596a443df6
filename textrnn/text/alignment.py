"""Which characters of a text those of another came from, that was made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import FixedLength

from textrnn.config.tokenize import Normalize, TokenizeConfig
from textrnn.text.chinese import preparing_steps
from textrnn.text.special_tokens import UNK_TOKEN
from textrnn.text.tokenizer import build_normal_form

Int = NDArray[np.int64]
MAX_PIECE = 2000  # characters that are compared one by one, in a time that grows with their square
_PIECES = re.compile(r"\w+|\W+")


@dataclass(frozen=True)
class Alignment:
    """Character i of a `text` came from the characters `starts[i]` to `ends[i]` of the original; each (N,) int64."""

    text: str
    starts: Int
    ends: Int

    def then(self, later: Alignment) -> Alignment:
        """Returns where the characters of what was made of `text`, as `later` says, came from in the original."""
        found = np.asarray([later.starts, np.maximum(later.ends, later.starts + 1) - 1])
        found = np.clip(found, 0, max(len(self.text) - 1, 0))
        if not len(self.text):
            return Alignment(later.text, later.starts, later.ends)
        return Alignment(later.text, self.starts[found[0]], self.ends[found[1]])


def identity_alignment(text: str) -> Alignment:
    """Returns the alignment of `text` with itself.

    >>> identity_alignment("ab").ends.tolist()
    [1, 2]
    """
    places = np.arange(len(text), dtype=np.int64)
    return Alignment(text, places, places + 1)


def align_prepared(text: str, config: TokenizeConfig) -> Alignment:
    """Returns what `prepare_texts` makes of `text`, with where each of its characters came from."""
    found = identity_alignment(text)
    for library, step in [] if text.isascii() else preparing_steps(config):
        if library == "tokenizers":
            found = found.then(align_normal_form(found.text, config.normalize))
        elif library == "opencc":
            found = found.then(align_converted(found.text, step))
        else:
            found = found.then(align_spaced(found.text, step(found.text)))
    return found


def align_normal_form(text: str, form: Normalize) -> Alignment:
    """Returns the normal form of `text`, with where its characters came from, as the library tokenizers has it."""
    normal = build_normal_form(form).normalize_str(text)
    if normal == text:
        return identity_alignment(text)
    offsets = _by_character(form).encode(text, add_special_tokens=False).offsets
    starts, ends = np.array(offsets, np.int64).reshape(-1, 2).T
    return Alignment(normal, starts, ends)


@cache
def _by_character(form: Normalize) -> Tokenizer:
    """A tokenizer whose tokens are the characters of the normal form."""
    found = Tokenizer(WordLevel({UNK_TOKEN: 0}, unk_token=UNK_TOKEN))
    found.normalizer, found.pre_tokenizer = build_normal_form(form), FixedLength(length=1)
    return found


def align_converted(text: str, convert: Callable[[str], str]) -> Alignment:
    """Returns `convert(text)`, with where its characters came from: one by one where that keeps the length, else
    piece by piece, as far as the pieces are converted alike by themselves.
    """
    whole = convert(text)
    if len(whole) == len(text):
        return Alignment(whole, identity_alignment(text).starts, identity_alignment(text).ends)
    pieces = _PIECES.findall(text)
    converted = [convert(piece) for piece in pieces]
    if "".join(converted) != whole:
        pieces, converted = [text], [whole]
    starts, ends, before = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
    for piece, other in zip(pieces, converted, strict=True):
        own = _align_piece(piece, other)
        starts.append(own[0] + before)
        ends.append(own[1] + before)
        before += len(piece)
    return Alignment(whole, np.concatenate(starts), np.concatenate(ends))


def _align_piece(before: str, after: str) -> tuple[Int, Int]:
    """Where each character of `after` came from in `before`; together where neither length nor characters tell."""
    if len(before) == len(after):
        places = np.arange(len(after), dtype=np.int64)
        return places, places + 1
    starts, ends = np.zeros(len(after), np.int64), np.full(len(after), len(before), np.int64)
    if max(len(before), len(after)) <= MAX_PIECE:
        for _, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            same = b - a == d - c
            starts[c:d] = np.arange(a, b) if same else min(a, max(len(before) - 1, 0))
            ends[c:d] = np.arange(a, b) + 1 if same else max(b, min(a + 1, len(before)))
    return starts, ends


def align_spaced(before: str, after: str) -> Alignment:
    """Returns where the characters of `after` came from, which is `before` with more spaces.

    >>> align_spaced("ab", " a b").starts.tolist()
    [0, 0, 1, 1]
    """
    starts = np.zeros(len(after), np.int64)
    place = 0
    for number, character in enumerate(after):
        starts[number] = min(place, max(len(before) - 1, 0))
        if place < len(before) and character == before[place]:
            place += 1
    return Alignment(after, starts, np.minimum(starts + 1, len(before)))


def extends_previous(character: str) -> bool:
    r"""Returns whether a normal form may join `character` to what stands before it, or put the two in another order.

    >>> extends_previous("\u0301"), extends_previous("a")
    (True, False)
    """
    if character.isascii():
        return False
    first = unicodedata.normalize("NFKC", character)[:1]
    return unicodedata.category(first).startswith("M") or "\u1161" <= first <= "\u11ff"


def cluster_bounds(text: str) -> tuple[Int, Int]:
    r"""Returns where the characters that a normal form joins, or puts in another order, begin and end, (N,) int64 each.

    >>> [part.tolist() for part in cluster_bounds("ae\u0301b>\u0301")]
    [[0, 1, 1, 3, 4, 5], [1, 3, 3, 4, 5, 6]]
    """
    starts = np.arange(len(text), dtype=np.int64)
    ends = starts + 1
    if text.isascii():
        return starts, ends
    begins = [i for i, character in enumerate(text) if not i or not extends_previous(character)]
    for first, last in zip(begins, [*begins[1:], len(text)], strict=True):
        for a, b in _joined(text[first:last]) if last - first > 1 else ():
            starts[first + a : first + b], ends[first + a : first + b] = first + a, first + b
    return starts, ends


def _joined(cluster: str) -> list[tuple[int, int]]:
    """The parts of a character with marks behind it that a normal form does not take one by one."""

    def is_plain(*parts: str) -> bool:
        normal = (unicodedata.normalize("NFKC", part) for part in parts)
        return "".join(normal) == unicodedata.normalize("NFKC", "".join(parts))

    if is_plain(*cluster):
        return []
    return [(1, len(cluster))] if is_plain(cluster[0], cluster[1:]) else [(0, len(cluster))]
