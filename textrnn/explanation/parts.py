"""What an explanation consists of: the parts of words, of n-grams, of columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WordPart:
    """A word, or a phrase of a long text: the characters `start` to `end` of the text in `column`.

    Offsets count code points, as Python does. `recurrent` and `ngram_branch` are what it adds through each branch.
    `is_read` says whether the recurrent branch reads it, which reads no more than `max_tokens` tokens.
    """

    text: str
    start: int
    end: int
    column: str
    recurrent: float
    ngram_branch: float
    is_read: bool = True

    @property
    def part(self) -> float:
        """What it adds through both branches."""
        return self.recurrent + self.ngram_branch


@dataclass(frozen=True)
class PhrasePart:
    """An n-gram that the n-gram branch knows, with all that it adds: of which its words have equal shares."""

    text: str
    start: int
    end: int
    column: str
    part: float


@dataclass(frozen=True)
class ColumnPart:
    """A tabular column, its cell as text, and what it adds against a neutral one: the mean, or any other category."""

    column: str
    value: str
    recurrent: float
    ngram_branch: float

    @property
    def part(self) -> float:
        """What it adds through both branches."""
        return self.recurrent + self.ngram_branch
