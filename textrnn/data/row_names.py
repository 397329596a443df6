"""Names of the rows that a warning of the data check is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.data.examples import Examples, SplitName
from textrnn.data.readers.wording import format_row, quote

MAX_SHOWN = 3  # rows to name
COUNTING_NOTE = "counted from 1, the header left out"


def name_row(examples: Examples, example: int) -> str:
    """Return the name of a row of `examples` for messages: its number, and its id if it has one."""
    identifier = examples.ids[example] if examples.ids else ""
    return format_row(int(examples.rows[example]), identifier, headed=examples.headed)


@dataclass(frozen=True)
class RowNames:
    """Names rows of `splits`; a row's name includes its split where the splits were `separate` as separate files."""

    splits: Mapping[SplitName, Examples]
    separate: bool

    def name(self, split: SplitName, example: int) -> str:
        """Return the name of one row, such as "row 3 of test, id 'T-3'"."""
        examples = self.splits[split]
        identifier = examples.ids[example] if examples.ids else ""
        of = f" of {split}" if self.separate else ""
        return f"row {int(examples.rows[example])}{of}" + (f", id {quote(identifier)}" if identifier else "")

    def blank(self) -> list[str]:
        """Return the names of the first rows without a visible character."""
        found: list[str] = []
        for split, examples in self.splits.items():
            for example, text in enumerate(examples.texts):
                if len(found) == MAX_SHOWN:
                    return found
                if examples.is_blank(text):
                    found.append(self.name(split, example))
        return found

    def places(self, rows: Sequence[int]) -> list[str]:
        """Return the names of `rows`, counted from 0 through all splits."""
        ends = np.cumsum([len(examples) for examples in self.splits.values()])
        names = list(self.splits)
        found = []
        for row in rows:
            at = int(np.searchsorted(ends, row, side="right"))
            found.append(self.name(names[at], row - (int(ends[at - 1]) if at else 0)))
        return found


def with_names(message: str, names: Sequence[str], rows: int) -> str:
    """Append the names of the first rows to a warning about `rows` rows.

    >>> with_names("2 texts are empty", ["row 3", "row 17"], 2)
    '2 texts are empty (row 3; row 17; counted from 1, the header left out)'
    """
    if not names:
        return message
    more = ["..."] * (rows > len(names))
    return f"{message} ({'; '.join([*names, *more, COUNTING_NOTE])})"


def first_conflict(numbers: NDArray[np.int64], labels: NDArray[np.int64], last: NDArray[np.int64]) -> list[int]:
    """Return two rows with the same text and different labels; [] if there are none.

    `numbers` (N,) identify the texts, `labels` (N,) the labels, `last` the label of the last row of each text.
    """
    other = np.flatnonzero(labels != last[numbers])
    if not len(other):
        return []
    same = np.flatnonzero(numbers == numbers[other[0]])
    return [int(other[0]), int(same[labels[same] != labels[other[0]]][0])]
