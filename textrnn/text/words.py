"""`Words`: the splits as word numbers, with a table of the unique words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.examples import SplitName
from textrnn.data.tabular import NO_TABULAR, TabularColumns, TabularFeatures
from textrnn.data.target import Target
from textrnn.storage.files import open_atomic, read_json, write_json
from textrnn.text.ragged import Ragged

FORMAT = 1
SOFT = "train.soft.npy"


@dataclass(frozen=True)
class Words:
    """Each split as rows of word numbers into `table`, with its class numbers.

    `table` lists the unique words of all splits; `splits[name]` is a `Ragged` of N rows;
    `labels[name]` (N,) int64 are class numbers of `target`; `tokenizer` says how texts were split, its unit never
    auto; `libraries` has the versions of what Chinese was read with; `tabular[name]` are the tabular
    features, where `tabular_columns` has any; `soft` (N, C) float32 are soft labels of the training split, or None.
    """

    table: list[str]
    splits: Mapping[SplitName, Ragged]
    labels: Mapping[SplitName, NDArray[np.int64]]
    target: Target
    tokenizer: TokenizeConfig
    libraries: Mapping[str, str] = field(default_factory=dict)
    tabular_columns: TabularColumns = NO_TABULAR
    tabular: Mapping[SplitName, TabularFeatures] = field(default_factory=dict)
    soft: NDArray[np.float32] | None = None

    def counts(self, split: SplitName) -> NDArray[np.int64]:
        """How often each word of the table stands in `split`, (len(table),) int64."""
        return np.bincount(self.splits[split].flat, minlength=len(self.table))

    def save(self, folder: Path) -> None:
        """Write the table, the rows and the labels into `folder`; equal words give equal bytes."""
        save_rows(folder, self.splits, self.labels, self.tabular)
        save_soft(folder, self.soft)
        write_json(folder / "table.json", self.table)
        write_json(
            folder / "words.json",
            {
                "format": FORMAT,
                "splits": list(self.splits),
                "target": self.target.to_json(),
                "tokenizer": asdict(self.tokenizer),
                "libraries": dict(self.libraries),
                "side": self.tabular_columns.to_json(),
            },
        )

    @staticmethod
    def load(folder: Path) -> Words:
        """The words that `save` wrote into `folder`; rows are memory-mapped. Raises OSError, ValueError."""
        about = read_json(folder / "words.json")
        splits, labels = load_rows(folder, about["splits"])
        target, tokenizer = Target.from_json(about["target"]), TokenizeConfig(**about["tokenizer"])
        tabular_columns = TabularColumns.from_json(about["side"])
        table, tabular = read_json(folder / "table.json"), load_tabular(folder, about["splits"], tabular_columns)
        read = tabular_columns, tabular, load_soft(folder)
        return Words(table, splits, labels, target, tokenizer, about["libraries"], *read)


def save_rows(
    folder: Path,
    splits: Mapping[SplitName, Ragged],
    labels: Mapping[SplitName, NDArray[np.int64]],
    tabular: Mapping[SplitName, TabularFeatures],
) -> None:
    """Write each split's rows, class numbers and tabular features, where there are any, into `folder`."""
    for name, rows in splits.items():
        rows.save(folder, name)
        arrays: dict[str, NDArray[Any]] = {"labels": labels[name]}
        if name in tabular:
            arrays |= {"numbers": tabular[name].numbers, "codes": tabular[name].codes}
        for what, array in arrays.items():
            with open_atomic(folder / f"{name}.{what}.npy") as file:
                np.save(file, array, allow_pickle=False)


def load_rows(
    folder: Path, names: list[SplitName]
) -> tuple[dict[SplitName, Ragged], dict[SplitName, NDArray[np.int64]]]:
    """What `save_rows` wrote for the splits `names`."""
    splits = {name: Ragged.load(folder, name) for name in names}
    labels = {name: np.load(folder / f"{name}.labels.npy", allow_pickle=False) for name in names}
    return splits, labels


def save_soft(folder: Path, soft: NDArray[np.float32] | None) -> None:
    """Write soft labels, where there are any, into `folder`."""
    if soft is not None:
        with open_atomic(folder / SOFT) as file:
            np.save(file, soft, allow_pickle=False)


def load_soft(folder: Path) -> NDArray[np.float32] | None:
    """What `save_soft` wrote into `folder`."""
    return np.load(folder / SOFT, allow_pickle=False) if (folder / SOFT).is_file() else None


def load_tabular(folder: Path, names: list[SplitName], columns: TabularColumns) -> dict[SplitName, TabularFeatures]:
    """The cells that `save_rows` wrote for the splits `names`; none where there are no such `columns`."""
    if not columns.features:
        return {}
    return {
        name: TabularFeatures(
            np.load(folder / f"{name}.numbers.npy", allow_pickle=False),
            np.load(folder / f"{name}.codes.npy", allow_pickle=False),
            columns.sizes,
        )
        for name in names
    }
