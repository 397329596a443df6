"""`Examples`: rows of texts with their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from textrnn.data.joined_texts import JoinedTexts
from textrnn.data.target import Label
from textrnn.data.text_boundary import COLUMN_SEPARATOR

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)


@dataclass(frozen=True)
class Examples:
    """N examples: text columns by name, labels, row numbers, and tabular columns by name.

    `columns[name]` holds N strings, read lazily in a loaded corpus; `labels` holds N str or int (N tuples of str for
    a `multi` target, N floats for a `number`); `rows` (N,) int64 are the row numbers in the source, from 1.
    `tabular[name]` holds N floats (NaN: empty) or N strings ("": empty). `ids` holds N strings ("": empty) that
    identify rows, or nothing without an id column. `slices[name]` holds N strings of a column that
    only reports read. `soft[name]` holds N floats, the probability of the class `name`, or of the label itself where
    the name is "" (NaN: empty).
    `headed` says that the source has a header line; a loaded corpus
    does not know.
    """

    columns: Mapping[str, Sequence[str]]
    labels: list[Label]
    rows: NDArray[np.int64]
    tabular: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    ids: Sequence[str] = ()
    headed: bool = False
    slices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    soft: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def texts(self) -> Sequence[str]:
        """The text of each example; several text columns are joined."""
        columns = list(self.columns.values())
        return columns[0] if len(columns) == 1 else JoinedTexts(columns)

    def is_blank(self, text: str) -> bool:
        """Whether `text` has no visible character in any of its columns; the column separator does not count."""
        return not text or (text if len(self.columns) == 1 else text.replace(COLUMN_SEPARATOR, " ")).isspace()

    def __len__(self) -> int:
        return len(self.labels)


def select_examples(examples: Examples, rows: Sequence[int]) -> Examples:
    """Return the examples of `rows`, counted from 0."""
    columns = {name: [texts[row] for row in rows] for name, texts in examples.columns.items()}
    tabular = {name: [cells[row] for row in rows] for name, cells in examples.tabular.items()}
    labels, ids = [examples.labels[row] for row in rows], [examples.ids[row] for row in rows] if examples.ids else []
    slices = {name: [cells[row] for row in rows] for name, cells in examples.slices.items()}
    soft = {name: [cells[row] for row in rows] for name, cells in examples.soft.items()}
    return Examples(columns, labels, examples.rows[rows], tabular, ids, examples.headed, slices, soft)
