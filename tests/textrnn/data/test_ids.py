"""A column that identifies rows: read from every format, kept beside the row numbers, named in messages, learned by
nothing.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.data import DataConfig
from textrnn.data.cell_parsing import parse_id
from textrnn.data.columns import Columns
from textrnn.data.corpus import Corpus
from textrnn.data.load import load_corpus
from textrnn.data.row_names import first_conflict, name_row
from textrnn.errors import ConfigError, DataError
from textrnn.storage.files import canonical_json

ROWS = [{"text": f"made text {i}", "label": ["no", "yes"][i % 2], "ticket": f"T-{1000 + 7 * i}"} for i in range(60)]
ROWS[5]["ticket"] = ""


def write_rows(path: Path, rows: list[dict[str, Any]]) -> str:
    names = ["ticket", "text", "label"]  # not in the order in which they are read
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        pq.write_table(pa.table({name: [row[name] for row in rows] for name in names}), path)
    return str(path)


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.parquet"])
def test_every_format_gives_the_id_of_each_row(tmp_path: Path, name: str) -> None:
    config = DataConfig(source=write_rows(tmp_path / name, ROWS), id_column="ticket")
    load_corpus(config).save(tmp_path)
    corpus = Corpus.load(tmp_path)
    assert corpus.columns == Columns(id="ticket")
    for examples in corpus.splits.values():
        assert list(examples.ids) == [ROWS[row - 1]["ticket"] for row in examples.rows]
        row = int(examples.rows[0])
        assert name_row(examples, 0) == f"row {row} (counted from 1, id '{ROWS[row - 1]['ticket']}')"
    plain = load_corpus(replace(config, id_column=None))
    counted = " after the header" if name == "rows.csv" else " (counted from 1)"
    assert name_row(plain.splits["test"], 0) == f"row {plain.splits['test'].rows[0]}{counted}"
    for split, examples in plain.splits.items():  # the id decides nothing
        assert list(examples.texts) == list(corpus.splits[split].texts)
        assert not examples.ids


def test_without_the_setting_the_bytes_stay(tmp_path: Path) -> None:
    load_corpus(DataConfig(source=write_rows(tmp_path / "rows.csv", ROWS))).save(tmp_path)
    assert pq.read_schema(tmp_path / "train.parquet").names == ["text.text", "label", "row"]
    assert "id" not in json.loads((tmp_path / "corpus.json").read_text())["columns"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"label": " "},
            "row 3 (counted from 1, line 3, id 'T-1014'), column 'label': expected a label, found an empty one",
        ),
        ({"label": 7}, "row 3 (counted from 1, line 3, id 'T-1014'): expected labels all strings or all integers"),
        ({"text": None}, "row 3 (counted from 1, line 3, id 'T-1014'), column 'text': expected a text, found null"),
        (
            {"ticket": ["a"]},
            "row 3 (counted from 1, line 3), column 'ticket': expected a text or a number that identifies the row",
        ),
    ],
)
def test_messages_name_the_id(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    rows = [row | change if i == 2 else row for i, row in enumerate(ROWS)]
    with pytest.raises(DataError) as error:
        load_corpus(DataConfig(source=write_rows(tmp_path / "rows.jsonl", rows), id_column="ticket"))
    assert message in str(error.value)


def test_messages_of_given_splits_name_the_id(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.csv", ROWS)
    test = write_rows(tmp_path / "test.csv", [row | {"label": "-1"} if i < 3 else row for i, row in enumerate(ROWS)])
    with pytest.raises(
        DataError, match=r"test split, row 1 after the header \(id 'T-1000'\): expected a label in each row or -1"
    ):
        load_corpus(DataConfig(train=train, test=test, id_column="ticket"))
    with pytest.raises(
        DataError, match=r"validation split, row 1 after the header \(id 'T-1000'\): expected a label that the training"
    ):
        load_corpus(DataConfig(train=train, validation=test, id_column="ticket"))


def test_a_column_that_is_not_there_or_is_another(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "rows.csv", ROWS)
    with pytest.raises(DataError, match=r"expected a column 'tickets'.*did you mean 'ticket'"):
        load_corpus(DataConfig(source=source, id_column="tickets"))
    with pytest.raises(ConfigError, match="name different columns, found 'label' twice"):
        load_corpus(DataConfig(source=source, id_column="label"))
    rows = [dict(row) for row in ROWS]
    del rows[0]["ticket"]  # a row of JSON Lines may lack it
    corpus = load_corpus(DataConfig(source=write_rows(tmp_path / "rows.jsonl", rows), id_column="ticket"))
    assert sum(list(examples.ids).count("") for examples in corpus.splits.values()) == 2


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        (" T-1 ", "T-1"),
        (17, "17"),
        (17.0, "17"),
        (np.int64(3), "3"),
        (float("nan"), ""),
        (None, ""),
        (date(2024, 2, 29), "2024-02-29"),
        ("x" * 5000, "x" * 1000),
        ("a\ud800", "a?"),
    ],
)
def test_cells_that_identify(cell: object, found: str) -> None:
    assert parse_id(cell, "here") == found


def test_warnings_of_the_data_check_name_rows(tmp_path: Path) -> None:
    rows = [dict(row) for row in ROWS]
    rows[8]["text"], rows[41]["text"] = " ", ""
    rows[20]["text"] = rows[3]["text"]  # labels no and yes
    corpus = load_corpus(DataConfig(source=write_rows(tmp_path / "rows.csv", rows), id_column="ticket"))
    said = "\n".join(corpus.checks["warnings"])
    assert "2 texts without a visible character (row 9, id 'T-1056'; row 42, id 'T-1287'; counted from 1" in said
    named = re.search(r"1 text with two different labels: no model can predict both \((.*?)\)", said)
    assert named is not None
    parts = named[1].split("; ")
    assert sorted(parts[:2]) == ["row 21, id 'T-1140'", "row 4, id 'T-1021'"]
    assert parts[2:] == ["...", "counted from 1, the header left out"] or parts[2:] == [
        "counted from 1, the header left out"
    ]
    canonical_json(corpus.checks)


def test_warnings_name_the_split_where_each_has_rows_of_its_own(tmp_path: Path) -> None:
    train = write_rows(tmp_path / "train.csv", ROWS)
    test = write_rows(tmp_path / "test.csv", [ROWS[4] | {"text": "of the test"}, ROWS[7], *ROWS[10:12]])
    corpus = load_corpus(DataConfig(train=train, validation=test, test=test))
    said = "\n".join(corpus.checks["warnings"])
    assert "repeat a text of train; scores on them are too high (row 2 of validation; row 8 of train; ...;" in said


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=12))
def test_the_pair_that_is_named_conflicts(rows: list[tuple[int, int]]) -> None:
    numbers, labels = (np.array(column) for column in zip(*rows, strict=True))
    last = np.zeros(5, np.int64)
    last[numbers] = labels
    pair = first_conflict(numbers, labels, last)
    conflicts = {number for number, label in rows if (number, label) != (number, last[number])}
    assert bool(pair) == bool(conflicts)
    if pair:
        (one, other) = pair
        assert numbers[one] == numbers[other]
        assert labels[one] != labels[other]
