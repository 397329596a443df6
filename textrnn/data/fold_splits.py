"""The rows that one fold tests, with the splits of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.corpus import Corpus
from textrnn.data.empty_splits import explain_empty_split
from textrnn.data.examples import Examples, SplitName
from textrnn.data.split import fold_rows, split_rows
from textrnn.data.target import strata_of
from textrnn.errors import DataError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Folds:
    """The N rows of a corpus, its splits one after another, as `examples`.

    `fold` (N,) int64 is the fold of each, from 1 to `number`; `strata` (N) are those of the split.
    """

    examples: Examples
    fold: Rows
    strata: Sequence[str | int]
    number: int
    seed: int = 0

    def tested(self, fold: int) -> Rows:
        """Return the rows that `fold` tests, from 0, in rising order."""
        return np.flatnonzero(self.fold == fold)

    def splits(self, fold: int, validation_fraction: float) -> dict[SplitName, Rows]:
        """Return the rows of each split of `fold`, from 0: those of the fold are tested, of the others
        `validation_fraction` validate and the rest train.

        That is how files of these rows as data.train and data.test would be split. Raises DataError.
        """
        others = np.flatnonzero(self.fold != fold)
        texts = self.examples.texts
        texts, strata = [texts[row] for row in others.tolist()], [self.strata[row] for row in others.tolist()]
        shares: Mapping[SplitName, float] = {"validation": validation_fraction}
        found = split_rows(texts, strata, shares, self.seed)
        if not len(found["validation"]):
            told = explain_empty_split("validation", texts, strata, shares, self.seed)
            raise DataError(f"fold {fold} of {self.number}: {told}")
        return {"train": others[found["train"]], "validation": others[found["validation"]], "test": self.tested(fold)}


def deal_corpus(corpus: Corpus, folds: int, seed: int) -> Folds:
    """Deal the rows of all splits of `corpus` to so many `folds`: equal texts together, each class in its share.

    Raises DataError where a fold would have no rows.
    """
    examples = join_examples(list(corpus.splits.values()))
    strata = strata_of(corpus.target, examples.labels)
    fold = fold_rows(examples.texts, strata, folds, seed) + 1
    if len(np.unique(fold)) < folds:
        different = len(set(examples.texts))
        raise DataError(f"data.folds: expected at least {folds} different texts, found {different}; take fewer folds")
    return Folds(examples, fold, strata, folds, seed)


def join_examples(parts: Sequence[Examples]) -> Examples:
    """Return the examples of all `parts`, which have the same columns, one after another."""
    first = parts[0]

    def join(cells: Sequence[Sequence[Any]]) -> list[Any]:
        return list(chain.from_iterable(cells))

    return Examples(
        {name: join([part.columns[name] for part in parts]) for name in first.columns},
        join([part.labels for part in parts]),
        np.concatenate([part.rows for part in parts]),
        {name: join([part.tabular[name] for part in parts]) for name in first.tabular},
        join([part.ids for part in parts]),
        first.headed,
        {name: join([part.slices[name] for part in parts]) for name in first.slices},
        {name: join([part.soft[name] for part in parts]) for name in first.soft},
    )
