"""The corpus: splits of examples, each with its text columns and its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from textrnn.data.stored import StoredTexts
from textrnn.data.target import Label, Target
from textrnn.files import read_json, write_json, writing

SplitName = Literal["train", "validation", "test"]
SPLITS: tuple[SplitName, ...] = get_args(SplitName)
FORMAT = 1
_GROUP = 1 << 16  # rows that are written, and read, at a time


@dataclass(frozen=True)
class Examples:
    """N examples: text columns by name, labels as they came, and where each came from.

    `columns[name]` are N strings, of a loaded corpus such as stay in its file; `labels` is a list of N str or
    int, of a `multi` target N tuples of str, of a `number` N floats; `rows` (N,) int64 is the number of the data row in
    its source, from 1.
    """

    columns: Mapping[str, Sequence[str]]
    labels: list[Label]
    rows: NDArray[np.int64]

    @property
    def texts(self) -> Sequence[str]:
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
                _write_examples(examples, self.target, file)
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
        """The corpus that `save` wrote into `folder`; texts are read when they are used. Raises OSError, ValueError."""
        about = read_json(folder / "corpus.json")
        splits = {name: _read_examples(folder / f"{name}.parquet") for name in about["splits"]}
        return Corpus(splits, Target.from_json(about["target"]), about["checks"])


def _write_examples(examples: Examples, target: Target, file: BinaryIO) -> None:
    """The examples as Parquet, a row group in memory at a time."""
    schema = pa.schema(
        [(f"text.{name}", pa.string()) for name in examples.columns]
        + [("label", _label_type(target)), ("row", pa.int64())]
    )
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for start in range(0, max(len(examples), 1), _GROUP):
            some = slice(start, start + _GROUP)
            cells = [*(texts[some] for texts in examples.columns.values()), examples.labels[some], examples.rows[some]]
            arrays = [pa.array(column, field.type) for column, field in zip(cells, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema), row_group_size=_GROUP)


def _read_examples(path: Path) -> Examples:
    file = pq.ParquetFile(path)  # open as long as its texts are used
    names = [name for name in file.schema_arrow.names if name.startswith("text.")]
    table = file.read(columns=["label", "row"], use_threads=False)
    columns = {name.removeprefix("text."): StoredTexts(file, name) for name in names}
    rows = [np.zeros(0, np.int64), *map(np.from_dlpack, table.column("row").chunks)]  # `to_numpy` imports pandas
    return Examples(columns, _as_list(table.column("label")), np.concatenate(rows))


def _label_type(target: Target) -> pa.DataType:
    if target.kind == "number":
        return pa.float64()
    if target.kind == "multi":
        return pa.list_(pa.string())
    return pa.int64() if isinstance(target.classes[0], int) else pa.string()


def _as_list(labels: pa.ChunkedArray) -> list[Label]:
    """The labels, each different one held once."""
    if pa.types.is_list(labels.type):
        known: dict[Label, Label] = {}
        return [known.setdefault(label, label) for label in map(tuple, labels.to_pylist())]
    if pa.types.is_floating(labels.type):
        return list(labels.to_pylist())
    found: list[Label] = []
    for chunk in labels.dictionary_encode().chunks:
        names = chunk.dictionary.to_pylist()
        found += map(names.__getitem__, chunk.indices.to_pylist())
    return found
