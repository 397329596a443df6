"""`Ids`: the token ids of a corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.examples import SplitName
from textrnn.data.tabular import NO_TABULAR, TabularColumns, TabularFeatures
from textrnn.data.target import Target
from textrnn.storage.files import read_json, write_json
from textrnn.text.ragged import Ragged
from textrnn.text.words import load_rows, load_soft, load_tabular, save_rows, save_soft

FORMAT = 1


@dataclass(frozen=True)
class Ids:
    """Token ids of each split, uncut, with encoded labels.

    `splits[name]` is a `Ragged` of N rows of ids in [0, vocabulary_size); `labels[name]` (N,) int64
    are class numbers of `target`; `tabular[name]` are the tabular features, where `tabular_columns` has any;
    `soft` (N, C) float32 are soft labels of the training split, or None. (In
    memory, the labels of the training split may be targets (N, C) float32: see `textrnn.text.pseudo_labels`; and
    `weights[name]` (N,) say what each text counts, 1 on average of train.)
    """

    splits: Mapping[SplitName, Ragged]
    labels: Mapping[SplitName, NDArray[Any]]
    target: Target
    vocabulary_size: int
    tabular_columns: TabularColumns = NO_TABULAR
    tabular: Mapping[SplitName, TabularFeatures] = field(default_factory=dict)
    weights: Mapping[SplitName, NDArray[np.float64]] = field(default_factory=dict)
    soft: NDArray[np.float32] | None = None

    def save(self, folder: Path) -> None:
        """Write the rows and the labels into `folder`; equal ids give equal bytes."""
        save_rows(folder, self.splits, self.labels, self.tabular)
        save_soft(folder, self.soft)
        write_json(
            folder / "ids.json",
            {
                "format": FORMAT,
                "splits": list(self.splits),
                "target": self.target.to_json(),
                "vocabulary_size": self.vocabulary_size,
                "side": self.tabular_columns.to_json(),
            },
        )

    @staticmethod
    def load(folder: Path) -> Ids:
        """The ids that `save` wrote into `folder`; rows are memory-mapped. Raises OSError, ValueError."""
        about = read_json(folder / "ids.json")
        splits, labels = load_rows(folder, about["splits"])
        tabular_columns = TabularColumns.from_json(about["side"])
        tabular = load_tabular(folder, about["splits"], tabular_columns)
        target, soft = Target.from_json(about["target"]), load_soft(folder)
        return Ids(splits, labels, target, about["vocabulary_size"], tabular_columns, tabular, soft=soft)
