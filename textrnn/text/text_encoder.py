"""Texts to token ids, by a saved tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from textrnn.errors import TextrnnError
from textrnn.kernels.library import find_library
from textrnn.text.ragged import Ragged, expand, join_rows
from textrnn.text.tokenizer_schema import TokenizerParts, rebuild
from textrnn.text.word_encoder import WordEncoder, build_word_encoder

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, eq=False, repr=False)
class TextEncoder:
    """Encodes texts by `parts`: whole words and characters in C, if that is built, all else by the library tokenizers.

    Both give the same ids. The library is imported where a text needs it; that takes longer than most texts do.
    """

    parts: TokenizerParts

    def __repr__(self) -> str:
        return f"TextEncoder({self.parts.kind}, {self.vocabulary_size:,} tokens)"

    def __reduce__(self) -> tuple[type, tuple[TokenizerParts]]:
        """What a copy is made of; its table is built again."""
        return TextEncoder, (self.parts,)

    @property
    def vocabulary_size(self) -> int:
        """How many tokens there are, PAD and UNK among them."""
        return len(self.parts.tokens)

    def encode(self, texts: Sequence[str]) -> Ragged:
        """Returns the token ids of N texts, a row each, uncut.

        Raises what `textrnn.text.tokenizer.encode_texts` raises, and ModelError where the tokenizer cannot be built.
        """
        if self._words is None:
            return self._by_library(texts)
        try:
            rows, left_out = self._words.encode(texts)
            if not len(left_out):
                return rows
            others = self._by_library([texts[number] for number in left_out])
        except (TypeError, UnicodeEncodeError, TextrnnError):  # the library's way names the text
            return self._by_library(texts)
        places = np.arange(len(texts), dtype=np.int32)
        places[left_out] = np.arange(len(texts), len(texts) + len(left_out))
        return expand(Ragged(places, np.arange(len(texts) + 1, dtype=np.int64)), join_rows(rows, others))

    def require_valid(self) -> None:
        """Refuse, by ModelError, subwords that the library cannot build a tokenizer from."""
        if self.parts.kind != "word":
            assert self.tokenizer is not None

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of the library. Raises ModelError if that fails."""
        return rebuild(self.parts)

    @cached_property
    def _words(self) -> WordEncoder | None:
        library = find_library()
        if library is None or self.parts.kind != "word":
            return None
        return build_word_encoder(library, self.parts.tokens, self.parts.tokenizer)

    def _by_library(self, texts: Sequence[str]) -> Ragged:
        from textrnn.text.tokenizer import encode_texts  # takes time

        return encode_texts(self.tokenizer, texts)
