"""`predict` gives back every column of the input as it stood, with the answer behind, in each format."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import START, Call, environment

from pipelines.predicting.csv_json_output import csv_rows, json_rows
from pipelines.predicting.input_columns import OriginalColumns, original_cells, original_objects
from pipelines.predicting.output_columns import OutputColumns, output_columns
from pipelines.predicting.predicted_rows import PredictedRows
from textrnn.data.readers.jsonlines import JsonRow
from textrnn.data.target import Target
from textrnn.errors import DataError
from textrnn.storage.files import content_digest

MODEL = ("-m", "models/textrnn")
ABOUT = ["accepted", "tokens", "cut", "unknown", "model"]
ADDED = ["label", "probability", *ABOUT]
CLASSES = ["probability_bad", "probability_good"]
ROWS = [
    ["007", "the soup was good", "好吃的,  a\nb", "1.10"],
    ["-1", 'not "good"', "", "NA"],
    ["\u0651", "", " x ", "=1+1"],
]


def table(path: Path, header: list[str], rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    with open(path, "w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])
    return path


def read_table(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_every_cell_comes_back_in_its_place(kind: str, place: Path, textrnn: Call) -> None:
    delimiter = "\t" if kind == "tsv" else ","
    table(place / f"in.{kind}", ["id", "text", "备注", "n"], ROWS, delimiter)
    ended = textrnn("predict", *MODEL, "-i", f"in.{kind}", "-o", f"out.{kind}", "--all")
    assert (ended.code, ended.out, ended.err) == (0, "", "3 rows in, 3 predictions out\n")
    header, *rows = read_table((place / f"out.{kind}").read_bytes().decode(), delimiter)
    assert header == ["id", "text", "备注", "n", *ADDED, *CLASSES]
    assert [row[:4] for row in rows] == ROWS
    alone = lines_of(textrnn("predict", *MODEL, *(row[1] for row in ROWS), "--all").out)
    for row, said in zip(rows, alone, strict=True):
        assert row[4] == said["label"]
        assert [float(row[i]) for i in (5, 11, 12)] == [said["probability"], *said["probabilities"].values()]
        assert said["probability"] == said["probabilities"][said["label"]]
        assert [json.loads(cell) for cell in row[6:10]] == [said[name] for name in ABOUT[:4]]
        assert row[10] == said["model"]


def test_each_answer_says_what_was_read_and_by_which_model(place: Path, textrnn: Call) -> None:
    texts = ["the soup was good", "zzzz soup", "", "good " * 31]
    found = lines_of(textrnn("predict", *MODEL, *texts).out)
    assert [list(row) for row in found] == [ADDED] * 4
    assert [(row["tokens"], row["cut"], row["unknown"]) for row in found] == [
        (4, False, 0.0), (2, False, 0.5), (0, False, 0.0), (30, True, 0.0)
    ]  # fmt: skip
    assert all(row["accepted"] for row in found)
    files = json.loads(Path("models/textrnn/manifest.json").read_text())["files"]
    assert {row["model"] for row in found} == {content_digest(files)[:12]}
    Path("models/textrnn/README.md").write_text("my own words")
    assert lines_of(textrnn("predict", *MODEL, "a").out)[0]["model"] == found[0]["model"]


def test_a_delimiter_that_came_goes_out_too(place: Path, textrnn: Call) -> None:
    table(place / "in.csv", ["id", "text"], [["1", "a;b"], ["2", "c,d"]], ";")
    ended = textrnn("predict", *MODEL, "-i", "in.csv", "--delimiter", ";", "-f", "csv")
    assert read_table(ended.out, ";")[1][:2] == ["1", "a;b"]
    assert (
        read_table(textrnn("predict", *MODEL, "-i", "in.csv", "--delimiter", ";", "-f", "tsv").out, "\t")[2][1] == "c,d"
    )


def test_a_delimiter_is_recognised_by_the_columns_of_the_model(place: Path, textrnn: Call) -> None:
    table(place / "in.csv", ["id", "text"], [["1", "a;b"], ["2", "c,d"]], ";")
    ended = textrnn("predict", *MODEL, "-i", "in.csv", "-f", "csv")
    assert read_table(ended.out, ";")[1][:2] == ["1", "a;b"]  # it goes out as it came
    assert ended.err.splitlines() == [
        "2 rows in, 2 predictions out", "warning: in.csv: columns are separated by ';', as its header shows",
    ]  # fmt: skip
    labelled = [["good soup; a song", "good"], ["bad soup", "bad"]] * 3
    table(place / "labelled.csv", ["text", "label"], labelled, ";")
    ended = textrnn("score", "labelled.csv", *MODEL, "--json")
    assert (ended.code, json.loads(ended.out)["examples"]) == (0, 6)


def test_a_prediction_is_called_otherwise_where_the_input_has_its_name(place: Path, textrnn: Call) -> None:
    table(place / "in.csv", ["label", "text", "predicted_probability", "probability"], [["x", "good soup", "y", "z"]])
    ended = textrnn("predict", *MODEL, "-i", "in.csv", "-f", "csv")
    header, row = read_table(ended.out)
    assert header[:4] == ["label", "text", "predicted_probability", "probability"]
    assert header[4:6] == ["predicted_label", "predicted_probability_2"]
    assert header[6:] == ABOUT
    assert row[:4] == ["x", "good soup", "y", "z"]
    assert (
        "columns named label, probability; the predictions are in predicted_label, predicted_probability_2" in ended.err
    )
    (line,) = lines_of(textrnn("predict", *MODEL, "-i", "in.csv").out)
    assert line["label"] == "x"
    assert line["predicted_label"] in ("bad", "good")
    assert "named" not in textrnn("predict", *MODEL, "-i", "in.csv", "-q").err


def test_an_object_comes_back_as_its_line_has_it(place: Path, textrnn: Call) -> None:
    raw = (
        '{"id": 12345678901234567890123, "text": "good \\u597d \\ud83d\\ude00 \\ud800 \\\\u0041 \\u0022",  "n": 1.10}\n'
        '\n{"more": {"a": [1, null, {"b": "\\u00e9"}]}, "text": "bad", "label": "q"}\n'
    )
    (place / "in.jsonl").write_text(raw)
    assert textrnn("predict", *MODEL, "-i", "in.jsonl", "-o", "out.jsonl").code == 0
    first, second = (place / "out.jsonl").read_text("utf-8").splitlines()
    start = (
        '{"id": 12345678901234567890123, "text": "good 好 😀 \\ud800 \\\\u0041 \\"",  "n": 1.10, "predicted_label": "'
    )
    assert first.startswith(start)
    given = [json.loads(line) for line in raw.splitlines() if line]
    for line, before in zip((first, second), given, strict=True):
        after = json.loads(line)
        assert list(after.items())[: len(before)] == list(before.items())
        assert list(after)[len(before) :] == ["predicted_label", "probability", *ABOUT]
    header, one, two = read_table(textrnn("predict", *MODEL, "-i", "in.jsonl", "-f", "csv").out)
    assert header[:5] == ["id", "text", "n", "more", "label"]
    assert (one[0], one[2], one[3]) == ("12345678901234567890123", "1.1", "")
    assert json.loads(two[3]) == {"a": [1, None, {"b": "é"}]}


def test_parquet_keeps_types_and_rows(place: Path, textrnn: Call) -> None:
    import datetime

    columns = {
        "text": ["good soup", "bad lamp", ""],
        "day": [datetime.date(2020, 1, i) for i in (1, 2, 3)],
        "when": pa.array([1, 2, None], pa.timestamp("ns")),
        "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
        "list": [[1, 2], None, []],
        "bytes": [b"\xff", b"a", None],
        "nan": [float("nan"), 1.5, None],
    }
    source = pa.table(columns).replace_schema_metadata({"k": "v"})
    pq.write_table(source, place / "in.parquet")
    ended = textrnn("predict", *MODEL, "-i", "in.parquet", "-o", "out.parquet")
    assert ended.code == 0, ended.err
    found = pq.read_table(place / "out.parquet")
    assert found.column_names == [*columns, *ADDED]
    for name in columns:
        assert str(found[name].combine_chunks()) == str(source[name].combine_chunks())
        assert str(found.schema.field(name).type)[:5] == str(source.schema.field(name).type)[:5]
    assert found.schema.metadata[b"k"] == b"v"
    assert str(found.schema.field("probability").type) == "double"
    printed = lines_of(textrnn("predict", *MODEL, "-i", "in.parquet").out)
    assert [row["label"] for row in printed] == found["label"].to_pylist()
    assert [row["day"] for row in printed] == ["2020-01-01", "2020-01-02", "2020-01-03"]
    assert [row["nan"] for row in printed] == [None, 1.5, None]
    assert read_table(textrnn("predict", *MODEL, "-i", "in.parquet", "-f", "csv").out)[1][4] == "[1, 2]"


def test_every_format_becomes_parquet(place: Path, textrnn: Call) -> None:
    table(place / "in.csv", ["id", "text"], [["01", "good soup"], ["2", "bad"]])
    (place / "in.jsonl").write_text(
        '{"text": "good soup", "n": 1, "x": 1, "o": {"a": "\\ud800"}}\n{"text": "bad", "n": 2.5, "b": true, "x": "s"}\n'
    )
    (place / "in.txt").write_text("good soup\nbad\n")
    for name in ("in.csv", "in.jsonl", "in.txt"):
        assert textrnn("predict", *MODEL, "-i", name, "-o", "out.parquet", "--all").code == 0
        found = pq.read_table(place / "out.parquet").to_pydict()
        assert found["probability"] == list(map(max, found["probability_bad"], found["probability_good"]))
        (place / "out.parquet").unlink()
        if name == "in.csv":
            assert found["id"] == ["01", "2"]
        if name == "in.jsonl":
            assert (found["n"], found["b"], found["x"]) == ([1.0, 2.5], [None, True], ["1", "s"])
            assert found["o"] == ['{"a": "\\ud800"}', None]


@pytest.mark.parametrize(("name", "opened"), [("o.csv.gz", gzip.open), ("o.csv.xz", lzma.open), ("o.csv", open)])
def test_what_the_outputs_name_says_is_what_it_is(name: str, opened: Any, place: Path, textrnn: Call) -> None:
    table(place / "in.csv", ["text"], [["好 soup"]])
    assert textrnn("predict", *MODEL, "-i", "in.csv", "-o", name, "--bom").code == 0
    with opened(place / name, "rb") as file:
        data = file.read()
    assert data.startswith(b"\xef\xbb\xbftext,")
    assert "好".encode() in data
    back = textrnn("predict", *MODEL, "-i", name, "-f", "csv")  # what was written can be read again
    assert back.code == 0, back.err


SHEET, OTHER_CATEGORY = "write .csv, with --bom, which spreadsheets open", "or set --format"


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("x.xlsx", SHEET), ("x.XLS", SHEET), ("x.ods", SHEET), ("x.xlsx.gz", SHEET), ("x.xlsm", SHEET),
        ("x.txt", OTHER_CATEGORY), ("x.html", OTHER_CATEGORY), ("x.txt.gz", OTHER_CATEGORY),
        ("x.csv.zip", OTHER_CATEGORY), ("x.csv.bz2", OTHER_CATEGORY),
    ],
)  # fmt: skip
def test_a_name_says_a_format_that_is_written(name: str, way: str, place: Path, textrnn: Call) -> None:
    ended = textrnn("predict", "-m", "no model is looked for", "a", "-o", name)
    assert (ended.code, ended.out) == (2, "")
    assert f"--output {name}: expected a name" in ended.error
    assert way in ended.error
    ended = textrnn("predict", *MODEL, "a", "-o", name, "-f", "csv")
    assert ended.code == (2 if way == SHEET else 0)
    assert (place / name).exists() == (way == OTHER_CATEGORY)


def test_a_name_without_a_suffix_says_nothing(place: Path, textrnn: Call) -> None:
    for name in ("answers", ".csv", "answers.gz"):
        assert textrnn("predict", *MODEL, "a", "-o", name).code == 0
    assert next(iter(lines_of((place / "answers").read_text())[0])) == "label"


@pytest.mark.parametrize(
    "wrong",
    [
        ("-f", "csv", "-o", "x.jsonl"), ("-f", "parquet"), ("--bom",), ("-o", "x.parquet.gz"), ("--top", "0"),
        ("-f", "parquet", "--bom", "-o", "x"), ("--top", "2", "--all"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(wrong: tuple[str, ...], place: Path, textrnn: Call) -> None:
    ended = textrnn("predict", *MODEL, "a", *wrong)
    assert (ended.code, ended.out) == (2, "")
    assert not (place / "x").exists()


def test_the_likeliest_classes_come_first(place: Path, textrnn: Call) -> None:
    (line,) = lines_of(textrnn("predict", *MODEL, "the soup was good", "--top", "5").out)
    said = list(line["probabilities"].items())
    assert said == sorted(said, key=lambda pair: -pair[1])
    assert said[0] == (line["label"], line["probability"])
    assert list(line) == [*ADDED, "probabilities"]
    (line,) = lines_of(textrnn("predict", *MODEL, "the soup was good", "--top", "1").out)
    assert list(line["probabilities"]) == [line["label"]]
    header, row = read_table(textrnn("predict", *MODEL, "the soup was good", "--top", "2", "-f", "csv").out)
    assert header == [*ADDED, "label_2", "probability_2"]  # the first is the label
    assert {row[0], row[7]} == {"bad", "good"}
    assert float(row[1]) + float(row[8]) == pytest.approx(1, abs=1e-5)


def test_a_row_that_cannot_be_used_gets_no_label(place: Path, textrnn: Call) -> None:
    (place / "in.jsonl").write_text('{"text": "good"}\n{"text": null, "id": 7}\n{"te\n{"id": 8}\n{"text": "bad"}\n')
    ended = textrnn("predict", *MODEL, "-i", "in.jsonl")
    assert ended.code == 0
    first, null, cut, missing, last = lines_of(ended.out)
    assert None not in (first["label"], last["label"])
    assert null == {"text": None, "id": 7, "label": None, "error": "column 'text': expected a text, found null"}
    assert (cut["label"], list(cut)) == (None, ["label", "error"])
    assert missing["id"] == 8
    assert "expected a column 'text'" in missing["error"]
    assert "5 rows in, 2 predictions out" in ended.err
    assert "warning: 3 rows of 5 could not be used: in.jsonl, row 2" in ended.err
    header, *rows = read_table(textrnn("predict", *MODEL, "-i", "in.jsonl", "-f", "csv").out)
    assert [row[header.index("label")] == "" for row in rows] == [False, True, True, True, False]
    assert [row[-1] == "" for row in rows] == [True, False, False, False, True]
    refused = textrnn("predict", *MODEL, "-i", "in.jsonl", "--on-bad-row", "refuse")
    assert refused.code == 3
    assert lines_of(refused.out) == [first], "the rows before are printed"
    assert "in.jsonl, row 2" in refused.error


def test_cells_too_many_or_too_few_are_a_bad_row(place: Path, textrnn: Call) -> None:
    (place / "in.csv").write_text("id,text,x\n1,good,a\n2,b\n3,c,d,e\n4,bad,\n\n")
    ended = textrnn("predict", *MODEL, "-i", "in.csv", "-f", "csv")
    assert ended.code == 0
    _, *rows = read_table(ended.out)
    assert [row[:3] for row in rows] == [["1", "good", "a"], ["2", "b", ""], ["3", "c", "d,e"], ["4", "bad", ""]]
    assert [row[3] == "" for row in rows] == [False, True, True, False]
    assert "expected 3 fields, found 4" in rows[2][-1]
    assert rows[2][-1].endswith("; cells 3 to 4 stand here in the column 'x'")
    assert lines_of(textrnn("predict", *MODEL, "-i", "in.csv").out)[2]["x"] == "d,e"
    pq.write_table(pa.table({"text": pa.array([None, "good"], pa.string())}), place / "in.parquet")
    found = lines_of(textrnn("predict", *MODEL, "-i", "in.parquet").out)
    assert [row["label"] is None for row in found] == [True, False]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(rest=st.lists(st.text('ab"\n, ;\t'), min_size=2, max_size=4))
def test_no_cell_of_a_long_row_is_lost(delimiter: str, rest: list[str]) -> None:
    original = original_cells(["id", "text"], delimiter)
    first, last = original.cells(["7", *rest])
    assert first == "7"
    assert read_table(str(last), delimiter) == [rest]
    assert json.loads(f"{{{original.members(['7', *rest])}}}") == {"id": "7", "text": last}
    plain = original_cells(["id", "text"], delimiter, quote=False)
    assert plain.cells(["7", *rest]) == ["7", delimiter.join(rest)]


def test_where_no_row_can_be_used_there_is_nothing_to_predict(place: Path, textrnn: Call) -> None:
    (place / "in.jsonl").write_text('{"text": null}\n{"text": 3}\n')
    ended = textrnn("predict", *MODEL, "-i", "in.jsonl", "-o", "out.jsonl")
    assert ended.code == 3
    assert "none of 2 rows could be used; the first: in.jsonl, row 1" in ended.error
    assert not (place / "out.jsonl").exists()
    ended = textrnn("predict", *MODEL, "-i", "in.jsonl", "--text-column", "body")
    assert (ended.code, ended.out) == (3, "")
    assert "expected a column 'body'" in ended.error


def test_what_was_replaced_or_cut_is_counted(place: Path, textrnn: Call) -> None:
    (place / "in.csv").write_bytes(b"text,label\ncaf\xe9 \xe9,good\n" + b"x" * 1_000_001 + b",good\nfine,bad\n")
    for command in (("predict", *MODEL, "-i", "in.csv"), ("score", "in.csv", *MODEL)):
        ended = textrnn(*command, "--errors", "replace")
        assert ended.code == 0, ended.err
        assert "warning: 2 byte sequences replaced by U+FFFD" in ended.err
        assert "warning: 1 text cut to" in ended.err


@pytest.fixture
def talk(place: Path) -> Any:
    """`predict` in a process of its own, with which one talks line by line."""
    talking = subprocess.Popen(
        [sys.executable, "-c", START, "predict", *MODEL, "-i", "-", "-q"],
        cwd=place, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with talking:
        yield talking
        talking.kill()


def test_standard_input_is_answered_line_by_line(talk: subprocess.Popen[bytes]) -> None:
    assert talk.stdin is not None
    assert talk.stdout is not None
    for lines in (b"good soup\n", b"bad\nnot good\n", "好\r\n".encode()):
        talk.stdin.write(lines)
        talk.stdin.flush()
        for _ in lines.splitlines():
            assert json.loads(talk.stdout.readline())["label"] in ("bad", "good")
    os.write(talk.stdin.fileno(), b"half a ")
    os.write(talk.stdin.fileno(), b"line")
    talk.stdin.close()
    assert len(talk.stdout.read().splitlines()) == 1
    assert talk.wait() == 0


cells = st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), max_size=6)
names = st.lists(cells, min_size=1, max_size=4)
SAID = PredictedRows([None], ["a"], [0.5], [True], [None], [3], [False], [0.5], [range(2)], [[0.5, 0.5]], [""])
LOOK = OutputColumns("label", ("a", "b"), ("a", "b"), top=None)


def csv_of(answered: PredictedRows, look: OutputColumns, original: OriginalColumns) -> str:
    form = csv_rows(look, original)
    return form.head + form.write(answered)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(names, st.data())
def test_any_cells_come_back_from_csv(header: list[str], data: st.DataObject) -> None:
    row = data.draw(st.lists(cells, min_size=len(header), max_size=len(header)))
    original = original_cells(header)
    written = csv_of(SAID._replace(original=[row]), LOOK, original)
    first, second = read_table(written)
    assert first[: len(header)] == header
    assert second[: len(header)] == row
    (line,) = json_rows(LOOK, original).write(SAID._replace(original=[row])).splitlines()
    assert list(json.loads(line).values())[: len(header)] == row


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(max_size=4), values, max_size=4), st.booleans(), st.sampled_from([None, 1]))
def test_any_object_comes_back(value: dict[str, Any], ascii_only: bool, indent: int | None) -> None:
    line = json.dumps(value, ensure_ascii=ascii_only, indent=indent).replace("\n", " ")
    look = replace(LOOK, existing=frozenset(value))
    out = json_rows(look, original_objects(list(value))).write(SAID._replace(original=[JsonRow(line, value)]))
    (written,) = out.splitlines()
    found = json.loads(written)
    assert {name: found[name] for name in value} == value
    assert len(found) == len(value) + 8
    if ascii_only:
        assert "\\u597d" not in written


@pytest.mark.parametrize(
    ("classes", "trained_with", "cell"),
    [
        (("a", "b"), None, "a,b"),
        (("a", "b"), "/", "a/b"),
        (("a/", "b"), "/", "a/,b"),
        (("a, too", "b"), None, "a, too;b"),
        (("a,;|\t", "b"), None, '["a,;|\\t", "b"]'),
    ],
)
def test_labels_are_parted_by_what_stands_in_none(
    classes: tuple[str, str], trained_with: str | None, cell: str
) -> None:
    shown = output_columns(Target("multi", classes), separator=trained_with)
    answered = PredictedRows._make([part * 2 for part in SAID])._replace(label=[classes, ()], original=[[], []])
    _, row, none = read_table(csv_of(answered, shown, original_cells([])))
    assert (row[0], none[0]) == (cell, "")


def test_an_object_with_other_columns_than_the_first_loses_none() -> None:
    rows = [JsonRow(json.dumps(value), value) for value in ({"text": "a"}, {"text": "b", "more": 1})]
    answered = PredictedRows._make([part * 2 for part in SAID])._replace(original=rows)
    with pytest.raises(DataError, match="found 'more' too; --format jsonl keeps"):
        csv_of(answered, LOOK, original_objects(["text"]))
    assert '"more": 1' in json_rows(LOOK, original_objects(["text"])).write(answered)
