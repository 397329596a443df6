"""All labelled rows of a corpus, its splits one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.corpus import Corpus
from textrnn.data.examples import Examples, SplitName
from textrnn.data.readers.wording import quote
from textrnn.data.tabular import TabularFeatures
from textrnn.data.target import Label
from textrnn.text.ragged import Ragged, join_rows
from textrnn.text.words import Words


@dataclass(frozen=True)
class Rows:
    """N rows: `words` are word numbers, `codes` (N,) or (N, C) their labels as `encode_labels` has them, `tabular`
    their tabular features; `split` (N,) int64 is the place of each one's split in `names`.
    """

    corpus: Corpus
    words: Ragged
    codes: NDArray[Any]
    tabular: TabularFeatures | None
    split: NDArray[np.int64]
    names: tuple[SplitName, ...]

    def __len__(self) -> int:
        return len(self.words)

    def place(self, row: int) -> tuple[Examples, int]:
        """Return the examples that hold `row`, and its place among them."""
        number = int(self.split[row])
        return self.corpus.splits[self.names[number]], row - int(np.searchsorted(self.split, number))

    def label(self, row: int) -> Label:
        """Return the label of `row`."""
        examples, at = self.place(row)
        return examples.labels[at]

    def name(self, row: int) -> str:
        """Return the name of `row` for people: "row 812, id 'T-812' (test)"."""
        examples, at = self.place(row)
        identifier = f", id {quote(examples.ids[at])}" if examples.ids and examples.ids[at] else ""
        split = f" ({self.names[self.split[row]]})" if len(self.names) > 1 else ""
        return f"row {int(examples.rows[at])}{identifier}{split}"


def join_splits(corpus: Corpus, words: Words) -> Rows:
    """Put the rows of all splits of `corpus`, whose `words` these are, one after another."""
    names = tuple(words.splits)
    sizes = [len(words.splits[name]) for name in names]
    tabular = [words.tabular[name] for name in names if name in words.tabular]
    return Rows(
        corpus,
        join_rows(*(words.splits[name] for name in names)),
        np.concatenate([words.labels[name] for name in names]),
        _join_tabular(tabular) if tabular else None,
        np.repeat(np.arange(len(names)), sizes),
        names,
    )


def _join_tabular(parts: list[TabularFeatures]) -> TabularFeatures:
    numbers, codes = (np.concatenate([getattr(part, name) for part in parts]) for name in ("numbers", "codes"))
    return TabularFeatures(numbers, codes, parts[0].sizes)
