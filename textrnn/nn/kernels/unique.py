"""The different tokens of a batch: what depends on the token alone is computed once for each.

Of the words of a film review 60 % are different ones, of 64 reviews together 21 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from textrnn.kernels.calls import error_of, int64s
from textrnn.nn.kernels.library import NativeLibrary
from textrnn.nn.kernels.pointers import pointer_to

MAX_SHARE = 0.8  # of different tokens: more are not worth the gathering; measured, in both kinds of numbers


@dataclass(frozen=True)
class UniqueTokens:
    """The N different tokens of a batch (T, B): `rows` (T, B) int64 says which of them each is, 0 at padding.

    `tokens` (N,) are their ids, `texts` (N,) the texts they are met in. Where each text has its own, those of text b
    are `starts[b]` to `starts[b + 1]`; else `starts` is None.
    """

    rows: Tensor
    tokens: Tensor
    texts: Tensor
    starts: list[int] | None = None

    def part(self, start: int, stop: int) -> tuple[slice | None, Tensor]:
        """Returns the tokens of the texts `start` to `stop` (None: all), and which of those each is."""
        rows = self.rows[:, start:stop].contiguous()
        if self.starts is None or stop - start == self.rows.shape[1]:
            return None, rows
        first = self.starts[start]
        return slice(first, self.starts[stop]), (rows - first).clamp_(min=0)  # padding says 0


def find_unique_tokens(
    native: NativeLibrary, ids: Tensor, lengths: Tensor, vocabulary_size: int, *, per_text: bool
) -> UniqueTokens | None:
    """Returns the different tokens of `ids` (T, B) of `lengths` (B,), or with `per_text` those of each text.

    None where they are so many that nothing is gained. Raises IndexError for a token that is not below
    `vocabulary_size`, ValueError for lengths that cannot be.
    """
    given = ids.contiguous(), lengths.contiguous()
    rows, tokens, texts = number_tokens(native, *given, vocabulary_size, per_text=per_text)
    if len(tokens) > MAX_SHARE * int(lengths.sum()):
        return None
    starts = torch.searchsorted(texts, torch.arange(len(lengths) + 1)).tolist() if per_text else None
    return UniqueTokens(rows, tokens, texts, starts)


def number_tokens(
    native: NativeLibrary, ids: Tensor, lengths: Tensor, vocabulary_size: int, *, per_text: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Returns `rows` (T, B), `tokens` (N,) and `texts` (N,), int64, of the N different tokens of `ids` (T, B).

    With `per_text` those of one text are others than those of the next, and stand text by text. Raises IndexError for a
    token that is not below `vocabulary_size`, ValueError for lengths that cannot be.
    """
    rows, tokens, texts = torch.empty_like(ids), ids.new_empty(ids.numel()), ids.new_empty(ids.numel())
    places = [pointer_to(each, torch.int64) for each in (ids, lengths, rows, tokens, texts)]
    if len(lengths) and not 0 <= int(lengths.min()) <= int(lengths.max()) <= len(ids):
        raise error_of(2)
    count = native.library.number_tokens(*places, *int64s(*ids.shape, vocabulary_size), int(per_text))
    if count < 0:
        raise error_of(-count)
    return rows, tokens[:count], texts[:count]
