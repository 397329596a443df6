"""Columns beside the text, format by format: the same cells, the same refusals."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from textrnn.config.data import DataConfig
from textrnn.data.load import load_corpus
from textrnn.data.readers.read_source import read_source
from textrnn.data.readers.source import resolve
from textrnn.errors import DataError

CONFIG: dict[str, Any] = {"text_column": ("title", "body"), "numeric": ("price",), "categorical": ("shop",)}
ROWS = [
    {"title": "a", "body": "b", "price": 1.5, "shop": "x", "label": "p"},
    {"title": "", "body": "d", "price": None, "shop": "y", "label": "q"},
    {"title": "e", "body": "", "price": -2.0, "shop": None, "label": "p"},
]


def write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    lines = [",".join(rows[0]), *(",".join("" if cell is None else str(cell) for cell in row.values()) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps({k: v for k, v in row.items() if v is not None}) + "\n" for row in rows))
    return path


def write_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def write_folder(path: Path, rows: list[dict[str, Any]]) -> Path:
    datasets = pytest.importorskip("datasets")
    names = datasets.ClassLabel(names=["x", "y"])  # its class numbers are read as their names
    given = [row | {"shop": None if row["shop"] is None else names.str2int(row["shop"])} for row in rows]
    columns = {name: [row[name] for row in given] for name in given[0]}
    features = datasets.Features(
        {name: datasets.Value("string") for name in ("title", "body", "label")}
        | {"price": datasets.Value("float32"), "shop": names}
    )
    datasets.Dataset.from_dict(columns, features=features).save_to_disk(str(path))
    return path


WAYS = {"a.csv": write_csv, "a.jsonl": write_jsonl, "a.parquet": write_parquet, "folder": write_folder}


@pytest.mark.parametrize("name", WAYS)
def test_every_format_gives_the_same_cells(name: str, tmp_path: Path) -> None:
    path = WAYS[name](tmp_path / name, ROWS)
    examples = read_source(resolve(str(path)), DataConfig(source=str(path), **CONFIG)).splits["train"].examples
    assert {column: list(texts) for column, texts in examples.columns.items()} == {
        "title": ["a", "", "e"],
        "body": ["b", "d", ""],
    }
    assert examples.labels == ["p", "q", "p"]
    price = examples.tabular["price"]
    assert (price[0], price[2]) == (1.5, -2.0)
    assert math.isnan(price[1])
    assert list(examples.tabular["shop"]) == ["x", "y", ""]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_number_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    path = WAYS[name](tmp_path / name, [row | {"price": "dear"} for row in ROWS])
    with pytest.raises(
        DataError, match=r"row 1( after the header)?( \(.*\))?, column 'price': expected a number .* found 'dear'"
    ):
        read_source(resolve(str(path)), DataConfig(source=str(path), **CONFIG))


def test_types_that_cannot_be_meant_are_refused_before_reading(tmp_path: Path) -> None:
    lists = write_parquet(tmp_path / "a.parquet", [row | {"price": [1.0]} for row in ROWS])
    with pytest.raises(DataError, match="expected numbers in the column 'price', found list"):
        read_source(resolve(str(lists)), DataConfig(source=str(lists), **CONFIG))
    floats = write_parquet(tmp_path / "b.parquet", [row | {"shop": 0.5} for row in ROWS])
    with pytest.raises(DataError, match="expected strings or integers in the column 'shop', found double"):
        read_source(resolve(str(floats)), DataConfig(source=str(floats), **CONFIG))


def test_a_corpus_keeps_them(tmp_path: Path) -> None:
    rows = [row | {"body": f"{row['body']} {i}", "label": "pq"[i % 2]} for i, row in enumerate(ROWS * 20)]
    path = write_csv(tmp_path / "a.csv", rows)
    corpus = load_corpus(DataConfig(source=str(path), **CONFIG))
    corpus.save(tmp_path / "corpus")
    again = type(corpus).load(tmp_path / "corpus")
    assert (again.columns, again.tabular) == (corpus.columns, corpus.tabular)
    assert [column.name for column in again.tabular.numeric] == ["price"]
    for name, examples in corpus.splits.items():
        loaded = again.splits[name]
        assert list(loaded.texts) == list(examples.texts)
        assert loaded.tabular["shop"] == examples.tabular["shop"]
        assert str(loaded.tabular["price"]) == str(examples.tabular["price"]), "NaN is an empty cell before and after"
    again.save(tmp_path / "twice")
    for file in (tmp_path / "corpus").iterdir():
        assert file.read_bytes() == (tmp_path / "twice" / file.name).read_bytes()
