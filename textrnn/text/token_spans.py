"""Where the tokens of a text stand in it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.tokenize import TokenizeConfig
from textrnn.text.alignment import align_prepared, cluster_bounds
from textrnn.text.library_errors import translate_library_errors
from textrnn.text.text_encoder import TextEncoder
from textrnn.text.tokenizer import PIECE_CHARACTERS, cut_at_words

ZERO_WIDTH_JOINER = "\u200d"  # between emoji that are seen as one
Int = NDArray[np.int64]


@dataclass(frozen=True)
class TokenSpans:
    """The T tokens of a text, in order: their `ids` (T,) int32, which are those of `TextEncoder.encode`, and of each
    the characters `starts[t]` to `ends[t]` of the text, (T,) int64.

    `words` (T,) int64 number the words that tokens are part of, from 0: subwords of a word, what became of one
    character, and the letters of a word where each character is a token, have the same.
    """

    ids: NDArray[np.int32]
    starts: Int
    ends: Int
    words: Int


def locate_tokens(encoder: TextEncoder, config: TokenizeConfig, text: str) -> TokenSpans:
    """Returns the tokens of `text`, which has passed the text boundary, uncut.

    A span holds all characters that a normal form joined or ordered anew to make the token: "e" with the accent that
    follows it. What is lost (white space, NUL, HTML breaks) is in no span. Raises ConfigError where a package is
    absent, TextrnnError where a library fails.
    """
    with translate_library_errors("the text"):
        prepared = align_prepared(text, config)
        ids, offsets, words = _encode(encoder, prepared.text)
    if not len(ids):
        nothing = np.zeros(0, np.int64)
        return TokenSpans(np.zeros(0, np.int32), nothing, nothing, nothing)
    starts, ends = offsets.T
    starts, ends = prepared.starts[starts], prepared.ends[np.maximum(ends - 1, starts)]
    first, last = cluster_bounds(text)
    starts, ends = first[starts], last[np.maximum(ends - 1, starts)]
    starts, ends = _repair_order(starts, ends)
    by_character = encoder.parts.tokenizer.unit == "characters"
    return TokenSpans(ids, starts, ends, _number_words(text, starts, ends, words, by_character=by_character))


def _encode(encoder: TextEncoder, text: str) -> tuple[NDArray[np.int32], Int, Int]:
    """The ids (T,), the offsets (T, 2) and the numbers of the words (T,) that the library finds."""
    by_character = encoder.parts.tokenizer.unit == "characters"
    pieces = (
        [text] if len(text) <= PIECE_CHARACTERS else cut_at_words(text, PIECE_CHARACTERS, by_character=by_character)
    )
    ids, offsets, words = [np.zeros(0, np.int32)], [np.zeros((0, 2), np.int64)], [np.zeros(0, np.int64)]
    before = first_word = 0
    for piece in pieces:
        found = encoder.tokenizer.encode(piece, add_special_tokens=False)
        ids.append(np.array(found.ids, np.int32))
        offsets.append(np.array(found.offsets, np.int64).reshape(-1, 2) + before)
        words.append(np.array(found.word_ids, np.int64) + first_word)
        before += len(piece)
        first_word = int(words[-1][-1]) + 1 if len(words[-1]) else first_word
    return np.concatenate(ids), np.concatenate(offsets), np.concatenate(words)


def _repair_order(starts: Int, ends: Int) -> tuple[Int, Int]:
    """Spans that never fall: marks that were put in another order share what they came from."""
    starts = np.minimum.accumulate(starts[::-1])[::-1]
    return starts, np.maximum.accumulate(np.maximum(ends, starts))


def _number_words(text: str, starts: Int, ends: Int, words: Int, *, by_character: bool) -> Int:
    """The number of the word of each token: a new one where the library begins one, but not within what a reader sees
    as one character.
    """
    begins = np.ones(len(starts), bool)
    begins[1:] = (words[1:] != words[:-1]) & (starts[1:] >= ends[:-1])
    continues = np.array([_continues(text, a) for a in starts.tolist()])
    begins[1:] &= ~(continues[1:] & (starts[1:] == ends[:-1]))
    if by_character:
        spelled = np.array([_is_spelled(text[a:b]) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])
        begins[1:] &= ~(spelled[1:] & spelled[:-1] & (starts[1:] == ends[:-1]))
    return np.cumsum(begins) - 1


def _is_spelled(character: str) -> bool:
    """Whether a character is one of a script that is written with spaces between words."""
    return character[:1].isalnum() and ord(character[0]) < 0x0E00


def _continues(text: str, place: int) -> bool:
    """Whether the character at `place` is seen as one with that before it: a mark, a part of an emoji."""
    character = text[place]
    if character.isascii():
        return False
    joined = (
        character == ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or text[place - 1 : place] == ZERO_WIDTH_JOINER
    )
    return joined or unicodedata.category(character)[0] == "M"
