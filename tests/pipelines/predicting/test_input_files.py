"""Several files as one input: folders, patterns, their order, their columns."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from running import Call

from pipelines.predicting.input_files import find_files

MODEL = ("-m", "models/textrnn")


def write(path: Path, *rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{row}\n" for row in rows))


def test_a_folder_is_read_in_the_order_of_names(place: Path, textrnn: Call) -> None:
    write(place / "new" / "b.csv", "id,text", "3,bad", "4,not good")
    write(place / "new" / "a.csv", "id,text", "1,good", "2,soup")
    (place / "new" / "c.csv.gz").write_bytes(gzip.compress(b"id,text\n5,dull\n"))
    write(place / "new" / "notes.txt", "not for us")
    write(place / "new" / ".hidden.csv", "x", "y")
    write(place / "new" / "deeper" / "d.csv", "id,text", "6,x")
    ended = textrnn("predict", *MODEL, "-i", "new", "-o", "out.csv")
    assert (ended.code, ended.err) == (0, "5 rows in, 5 predictions out\n")
    lines = (place / "out.csv").read_text().splitlines()
    assert lines[0].startswith("id,text,label,")
    assert [line[0] for line in lines[1:]] == list("12345")
    alone = textrnn("predict", *MODEL, "-i", "new/b.csv", "-f", "csv").out.splitlines()
    assert lines[3:5] == alone[1:]
    found = textrnn("predict", *MODEL, "-i", "new/**/*.csv", "-o", "out.csv")
    assert found.err == "5 rows in, 5 predictions out\n"  # without the packed one, with the deeper one
    assert find_files("new/[ab].csv") == (Path("new/a.csv"), Path("new/b.csv"))


def test_json_lines_may_lack_what_others_have(place: Path, textrnn: Call) -> None:
    write(place / "a.jsonl", '{"text": "good"}')
    write(place / "b.jsonl", '{"text": "bad", "n": 1}')
    ended = textrnn("predict", *MODEL, "-i", "?.jsonl", "-f", "csv")
    assert [line.split(",")[:2] for line in ended.out.splitlines()] == [["text", "n"], ["good", ""], ["bad", "1"]]
    write(place / "b.jsonl", '{"txt": "bad"}')
    ended = textrnn("predict", *MODEL, "-i", "?.jsonl")
    assert ended.code == 3
    assert "b.jsonl: expected a column 'text'" in ended.error


def test_texts_of_several_files(place: Path, textrnn: Call) -> None:
    write(place / "a.txt", "good", "bad")
    write(place / "b.txt", "soup")
    assert textrnn("predict", *MODEL, "-i", "*.txt").err == "3 rows in, 3 predictions out\n"


def csv_of(*header: str) -> Callable[[Path], None]:
    return lambda path: write(path.with_suffix(".csv"), ",".join(header), ",".join("good" for _ in header))


def parquet_of(**columns: object) -> Callable[[Path], None]:
    return lambda path: pq.write_table(pa.table(columns), path.with_suffix(".parquet"))


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (csv_of("id", "text"), csv_of("text"), "b.csv: expected the columns of new/a.csv, found none 'id'"),
        (csv_of("text"), csv_of("text", "more"), "b.csv: expected the columns of new/a.csv, found 'more' too"),
        (csv_of("id", "text"), csv_of("text", "id"), "in their order, found 'text' as column 1 in place of 'id'"),
        (csv_of("text"), csv_of("txt"), "new/b.csv: expected a column 'text', found 'txt'"),
        (parquet_of(text=["a"], n=[1]), parquet_of(text=["a"], n=["1"]), "b.parquet: expected int64 in the column 'n'"),
        (csv_of("text"), parquet_of(text=["a"]), "expected files of one kind, found new/a.csv (csv) and new/b.parquet"),
    ],
)  # fmt: skip
def test_columns_that_differ_are_named_before_anything_is_predicted(
    first: Callable[[Path], None], second: Callable[[Path], None], told: str, place: Path, textrnn: Call
) -> None:
    (place / "new").mkdir()
    first(place / "new" / "a")
    second(place / "new" / "b")
    ended = textrnn("predict", *MODEL, "-i", "new")
    assert (ended.code, ended.out) == (3, "")
    assert told in ended.error


def test_parquet_files_are_one(place: Path, textrnn: Call) -> None:
    for name, texts in (("a", ["good", "bad"]), ("b", ["soup"])):
        pq.write_table(
            pa.table({"text": texts, "n": pa.array(range(len(texts)), pa.int8())}), place / f"{name}.parquet"
        )
    assert textrnn("predict", *MODEL, "-i", "?.parquet", "-o", "out.parquet").code == 0
    found = pq.read_table(place / "out.parquet")
    assert (found["text"].to_pylist(), found["n"].to_pylist()) == (["good", "bad", "soup"], [0, 1, 0])
    assert str(found.schema.field("n").type) == "int8"


def test_what_is_not_there_or_is_the_output_is_told(place: Path, textrnn: Call) -> None:
    write(place / "new" / "a.csv", "text", "good")
    (place / "empty").mkdir()
    write(place / "saved" / "state.json", "{}")
    for arguments, code, told in (
        (("-i", "gone/*.csv"), 3, "--input gone/*.csv: expected files, found none that match"),
        (("-i", "empty"), 3, "--input empty: expected files that end in .csv"),
        (("-i", "saved"), 3, "--input saved: expected a folder of tables, found one that datasets wrote"),
        (("-i", "new/*.csv", "-o", "new/out.csv"), 2, "expected another file than the input"),
        (("-i", "new", "-o", "new/out.csv"), 2, "expected another file than the input"),
    ):
        ended = textrnn("predict", *MODEL, *arguments)
        assert (ended.code, told in ended.error) == (code, True), ended.err
    (place / "new" / "[odd].csv").write_text("text\ngood\n")
    assert textrnn("predict", *MODEL, "-i", "new/[odd].csv", "-q").out.count("\n") == 1


def test_a_bad_row_is_named_by_its_file(place: Path, textrnn: Call) -> None:
    write(place / "new" / "a.jsonl", '{"text": "good"}')
    write(place / "new" / "b.jsonl", '{"text": "bad"}', '{"text": 3}')
    ended = textrnn("predict", *MODEL, "-i", "new")
    assert "new/b.jsonl, row 2" in ended.err
    assert json.loads(ended.out.splitlines()[2])["label"] is None
