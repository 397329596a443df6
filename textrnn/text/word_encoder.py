"""Texts to token ids in C, for vocabularies of whole words or characters."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.config.tokenize import TokenizeConfig
from textrnn.kernels.calls import call
from textrnn.kernels.library import KernelLibrary
from textrnn.text.code_points import MAX_GROWTH, CodePoints, code_points_of
from textrnn.text.ragged import Ragged, offsets_of
from textrnn.text.special_tokens import UNK

CHARACTERS_AT_ONCE = 1 << 20  # characters, or one longer text
_FILLED_IN = -1


class _Table(ctypes.Structure):
    """`WordTable` of `textrnn/kernels/words.c`."""

    _fields_ = (
        ("code_points", ctypes.c_void_p),
        ("several", ctypes.c_void_p),
        ("bytes", ctypes.c_char_p),
        ("ends", ctypes.c_void_p),
        ("slots", ctypes.c_void_p),
        ("size", ctypes.c_int64),
        ("seed", ctypes.c_uint64),
        ("longest", ctypes.c_int64),
        ("unknown", ctypes.c_int64),
        ("by_character", ctypes.c_int64),
    )


@dataclass(frozen=True, eq=False)
class WordEncoder:
    """A hash table of tokens, and what becomes of each code point."""

    library: KernelLibrary
    points: CodePoints
    table: _Table
    kept: tuple[object, ...]  # what the table points at

    def encode(self, texts: Sequence[str]) -> tuple[Ragged, NDArray[np.intp]]:
        """Returns the token ids of N texts, a row each, and which of them were left out, (M,), their rows empty.

        Those have code points that depend on others, or on the version of Unicode (see `CodePoints`). Raises TypeError
        and UnicodeEncodeError unless each is a string without lone surrogates.
        """
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        starts = offsets_of(lengths)
        flat = [np.zeros(0, np.int32)]
        offsets, left_out = np.zeros(len(texts) + 1, np.int64), np.zeros(len(texts), np.uint8)
        first = 0
        while first < len(texts):
            last = max(first + 1, int(np.searchsorted(starts, starts[first] + CHARACTERS_AT_ONCE, side="right")) - 1)
            part = texts if last - first == len(texts) else texts[first:last]
            data = "".join(part).encode()
            ends = np.zeros(last - first + 1, np.int64)
            flat.append(self._encode(data, lengths[first:last], ends, left_out[first:last]))
            offsets[first + 1 : last + 1] = ends[1:] + offsets[first]
            first = last
        return Ragged(np.concatenate(flat), offsets), np.flatnonzero(left_out)

    def _encode(
        self, data: bytes, lengths: NDArray[np.int64], ends: NDArray[np.int64], left_out: NDArray[np.uint8]
    ) -> NDArray[np.int32]:
        """Returns the ids of texts that stand in `data`, of so many characters; writes their `ends`, and `left_out`."""
        ids = np.empty(len(data) * MAX_GROWTH, np.int32)
        place = np.array([0, 0, _FILLED_IN], np.int64)
        while place[0] < len(lengths):
            if place[2] != _FILLED_IN:
                self.points.fill(int(place[2]))
            call(
                self.library.functions.encode_words,
                ctypes.byref(self.table),
                ctypes.c_char_p(data),
                ctypes.c_int64(len(data)),
                _address(lengths),
                ctypes.c_int64(len(lengths)),
                _address(ids),
                _address(ends),
                _address(left_out),
                _address(place),
            )
        return ids[: ends[-1]].copy()


def build_word_encoder(library: KernelLibrary, tokens: Sequence[str], config: TokenizeConfig) -> WordEncoder:
    """Returns the encoder of texts split as `config` says; `tokens[i]` is id i, none is empty or there twice."""
    data = "".join(tokens).encode()
    begins = np.frombuffer(data, np.uint8) & 0xC0 != 0x80  # the bytes that begin a code point
    bytes_before = np.append(np.flatnonzero(begins), len(data))
    ends = bytes_before[offsets_of(np.fromiter(map(len, tokens), np.int64, len(tokens)))]
    slots = np.zeros((1 << (2 * len(tokens)).bit_length(), 2), np.uint32)
    points = code_points_of(config.normalize, config.lowercase)
    table = _Table(
        points.entries.ctypes.data,
        points.several.ctypes.data,
        data,
        ends.ctypes.data,
        slots.ctypes.data,
        len(slots),
        int.from_bytes(os.urandom(8), "little"),  # so that no file can hold tokens that all want one slot
        int(np.diff(ends).max()),
        UNK,
        config.unit == "characters",
    )
    call(library.functions.index_tokens, ctypes.byref(table), ctypes.c_int64(len(tokens)))
    return WordEncoder(library, points, table, (data, ends, slots))


def _address(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
