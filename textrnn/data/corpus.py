"""The corpus: splits of labelled examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from textrnn.data.columns import Columns
from textrnn.data.examples import Examples, SplitName
from textrnn.data.stored_texts import StoredTexts
from textrnn.data.tabular import NO_TABULAR, TabularColumns
from textrnn.data.target import Label, Target
from textrnn.storage.file_names import library_path
from textrnn.storage.files import open_atomic, read_json, write_json

FORMAT = 2
_GROUP = 1 << 16  # rows per row group


@dataclass(frozen=True)
class Corpus:
    """Splits of examples with their target and the data check.

    `checks` is plain JSON (see `textrnn.data.data_check`); `columns` names the columns that were read, `tabular`
    describes the tabular columns of the training split.
    """

    splits: Mapping[SplitName, Examples]
    target: Target
    checks: Mapping[str, Any] = field(default_factory=dict)
    columns: Columns = field(default_factory=Columns)
    tabular: TabularColumns = NO_TABULAR

    def save(self, folder: Path) -> None:
        """Write `<split>.parquet` and `corpus.json` into `folder`; equal corpora give equal bytes."""
        for name, examples in self.splits.items():
            with open_atomic(folder / f"{name}.parquet") as file:
                _write_examples(examples, self.target, self.columns, file)
        write_json(
            folder / "corpus.json",
            {
                "format": FORMAT,
                "splits": list(self.splits),
                "columns": self.columns.to_json(),
                "side": self.tabular.to_json(),
                "target": self.target.to_json(),
                "checks": dict(self.checks),
            },
        )

    @staticmethod
    def load(folder: Path) -> Corpus:
        """Return the corpus that `save` wrote into `folder`; texts are read lazily. Raises OSError, ValueError."""
        about = read_json(folder / "corpus.json")
        columns = Columns.from_json(about["columns"])
        splits = {name: _read_examples(folder / f"{name}.parquet", columns) for name in about["splits"]}
        tabular = TabularColumns.from_json(about["side"])
        return Corpus(splits, Target.from_json(about["target"]), about["checks"], columns, tabular)


def _write_examples(examples: Examples, target: Target, columns: Columns, file: BinaryIO) -> None:
    """Write the examples as Parquet, with one row group in memory at a time."""
    schema = pa.schema(
        [(f"text.{name}", pa.string()) for name in examples.columns]
        + [("label", _label_type(target)), ("row", pa.int64())]
        + [(f"side.{name}", pa.float64()) for name in columns.numeric]
        + [(f"side.{name}", pa.string()) for name in columns.categorical]
        + [(f"slice.{name}", pa.string()) for name in examples.slices]
        + [(f"soft.{name}", pa.float64()) for name in examples.soft]
        + ([("id", pa.string())] if examples.ids else [])
    )
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for start in range(0, max(len(examples), 1), _GROUP):
            some = slice(start, start + _GROUP)
            cells = [*(texts[some] for texts in examples.columns.values()), examples.labels[some], examples.rows[some]]
            cells += [examples.tabular[name][some] for name in columns.tabular]
            cells += [column[some] for column in (*examples.slices.values(), *examples.soft.values())]
            cells += [examples.ids[some]] if examples.ids else []
            arrays = [pa.array(column, field.type) for column, field in zip(cells, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema), row_group_size=_GROUP)


def _read_examples(path: Path, columns: Columns) -> Examples:
    file = pq.ParquetFile(library_path(path))  # open as long as its texts are used
    table = file.read(columns=["label", "row", *(f"side.{name}" for name in columns.tabular)], use_threads=False)
    texts = {name: StoredTexts(file, f"text.{name}") for name in columns.text}
    rows = [np.zeros(0, np.int64), *map(np.from_dlpack, table.column("row").chunks)]  # `to_numpy` imports pandas
    tabular = {name: _as_list(table.column(f"side.{name}")) for name in columns.tabular}
    ids = StoredTexts(file, "id") if "id" in file.schema_arrow.names else ()
    named = [name for name in file.schema_arrow.names if name.startswith("slice.")]
    slices = {name.removeprefix("slice."): StoredTexts(file, name) for name in named}
    named = [name for name in file.schema_arrow.names if name.startswith("soft.")]
    soft = {name.removeprefix("soft."): _as_list(file.read(columns=[name]).column(0)) for name in named}
    return Examples(
        texts, _as_list(table.column("label")), np.concatenate(rows), tabular, ids, slices=slices, soft=soft
    )


def _label_type(target: Target) -> pa.DataType:
    if target.kind == "number":
        return pa.float64()
    if target.kind == "multi":
        return pa.list_(pa.string())
    return pa.int64() if isinstance(target.classes[0], int) else pa.string()


def _as_list(labels: pa.ChunkedArray) -> list[Any]:
    """Return the cells as a list in which equal cells are one object."""
    if pa.types.is_list(labels.type):
        known: dict[Label, Label] = {}
        return [known.setdefault(label, label) for label in map(tuple, labels.to_pylist())]
    if pa.types.is_floating(labels.type):
        return list(labels.to_pylist())
    found: list[Any] = []
    for chunk in labels.dictionary_encode().chunks:
        names = chunk.dictionary.to_pylist()
        found += map(names.__getitem__, chunk.indices.to_pylist())
    return found
