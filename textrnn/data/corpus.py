"""The corpus: splits of examples, each with its text columns and its label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from textrnn.data.target import Label, Target
from textrnn.files import read_json, write_json, writing

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)
FORMAT = 1


@dataclass(frozen=True)
class Examples:
    """N examples: text columns by name, labels as they came, and where each came from.

    `columns[name]` is a list of N strings; `labels` a list of N str or int; `rows` (N,) int64 is
    the number of the data row in its source, from 1.
    """

    columns: Mapping[str, list[str]]
    labels: list[Label]
    rows: NDArray[np.int64]

    @property
    def texts(self) -> list[str]:
        """The first text column."""
        return next(iter(self.columns.values()))

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Corpus:
    """Splits of examples, what is to be predicted, and what the data check found.

    `checks` is plain JSON (see `textrnn.data.checks`).
    """

    splits: Mapping[SplitName, Examples]
    target: Target
    checks: Mapping[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write `<split>.parquet` and `corpus.json` into `folder`; equal corpora give equal bytes."""
        for name, examples in self.splits.items():
            with writing(folder / f"{name}.parquet") as file:
                pq.write_table(_as_table(examples), file, compression="zstd", row_group_size=1 << 16)
        columns = list(next(iter(self.splits.values())).columns)
        write_json(
            folder / "corpus.json",
            {
                "format": FORMAT,
                "splits": list(self.splits),
                "text_columns": columns,
                "target": self.target.to_json(),
                "checks": dict(self.checks),
            },
        )

    @staticmethod
    def load(folder: Path) -> Corpus:
        """The corpus that `save` wrote into `folder`. Raises OSError, ValueError."""
        about = read_json(folder / "corpus.json")
        splits = {name: _read_examples(folder / f"{name}.parquet") for name in about["splits"]}
        return Corpus(splits, Target.from_json(about["target"]), about["checks"])


def _as_table(examples: Examples) -> pa.Table:
    arrays = {f"text.{name}": pa.array(texts, pa.string()) for name, texts in examples.columns.items()}
    arrays["label"] = pa.array(examples.labels)
    arrays["row"] = pa.array(examples.rows)
    return pa.table(arrays)


def _read_examples(path: Path) -> Examples:
    table = pq.read_table(path, memory_map=False)
    columns = {
        name.removeprefix("text."): table.column(name).to_pylist()
        for name in table.column_names
        if name.startswith("text.")
    }
    return Examples(columns, table.column("label").to_pylist(), table.column("row").to_numpy())
