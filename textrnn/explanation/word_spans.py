"""Groups of words with where they stand in the text columns of an example."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.data.text_boundary import COLUMN_SEPARATOR
from textrnn.explanation.phrases import group_words
from textrnn.text.token_spans import TokenSpans

Int = NDArray[np.int64]
SEPARATOR_LENGTH = 3  # characters between two columns: the separator, with a space on both sides


@dataclass(frozen=True)
class Span:
    """The characters `start` to `end` of the text in `column`, a number."""

    column: int
    start: int
    end: int


@dataclass(frozen=True)
class GroupedText:
    """The text columns of an example, `lengths` (columns,) characters each where they were cut, with their `tokens`.

    `groups` (T,) int64 number the groups of words, -1 of what separates columns; `spans` are where these stand.
    """

    lengths: tuple[int, ...]
    tokens: TokenSpans
    groups: Int
    spans: tuple[Span, ...]

    def span_of(self, first: int, last: int) -> Span | None:
        """Returns where the tokens `first` to `last`, that among them, stand; None where that is no one column."""
        return _in_column(self.lengths, int(self.tokens.starts[first]), int(self.tokens.ends[last]))


def locate_groups(text: str, lengths: Sequence[int], tokens: TokenSpans, size: int = 1) -> GroupedText:
    """Returns the words of the joined `text`, or phrases of `size` words; its columns have so many characters.

    No group holds words of two columns.
    """
    starts, ends = tokens.starts.tolist(), tokens.ends.tolist()
    where = [_in_column(lengths, a, b) for a, b in zip(starts, ends, strict=True)]
    column = np.array([-1 if span is None else span.column for span in where], np.int64)
    ends_phrase = np.array([unicodedata.category(text[end - 1])[0] == "P" for end in ends], bool)
    groups = np.full(len(column), -1, np.int64)
    spans: list[Span] = []
    for number in range(len(lengths)):
        own = np.flatnonzero(column == number)
        words = np.unique(tokens.words[own], return_inverse=True)[1]
        found = group_words(words, ends_phrase[own], size)
        groups[own] = found + len(spans)
        begins = np.flatnonzero(np.diff(found, prepend=-1)).tolist()
        for begin, end in zip(begins, [*begins[1:], *([len(own)] if begins else [])], strict=True):
            first, last = where[own[begin]], where[own[end - 1]]
            assert first is not None
            assert last is not None
            spans.append(Span(number, first.start, last.end))
    return GroupedText(tuple(lengths), tokens, groups, tuple(spans))


def _in_column(lengths: Sequence[int], start: int, end: int) -> Span | None:
    """The characters of the joined text as those of one column; None for what separates columns, or is of several."""
    before = 0
    for number, length in enumerate(lengths):
        if before <= start and end <= before + length:
            return Span(number, start - before, end - before)
        before += length + SEPARATOR_LENGTH
    return None


assert len(f" {COLUMN_SEPARATOR} ") == SEPARATOR_LENGTH
