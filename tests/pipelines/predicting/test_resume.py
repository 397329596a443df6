"""`predict` broken off and said again: the same bytes in every format, with nothing predicted twice."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made import make_rows
from running import Call

from pipelines.commands import predict
from textrnn.data.readers.read_digest import ReadDigest
from textrnn.errors import Interrupted
from textrnn.model.predictor import Predictor

MODEL = ("-m", "models/textrnn")


@pytest.fixture
def breaking(place: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Windows of ten rows, of which so many are predicted before Ctrl-C comes."""
    rows = [f'"{text}","{i},x"\n' for i, (text, _) in enumerate(make_rows(95))]
    (place / "new.csv").write_text("".join(["text,id\n", *rows]), encoding="utf-8")
    monkeypatch.setattr(predict, "WINDOW_ROWS", 10)
    state: dict[str, Any] = {"left": None, "done": 0}
    true = Predictor.predict_examples

    def predict_examples(self: Predictor, *arguments: Any, **more: Any) -> Any:
        if state["left"] is not None:
            if state["left"] == 0:
                raise Interrupted("interrupted", 2)
            state["left"] -= 1
        state["done"] += 1
        return true(self, *arguments, **more)

    monkeypatch.setattr(Predictor, "predict_examples", predict_examples)
    return state


def read_rows(path: Path) -> tuple[list[str], list[list[Any]]]:
    """The names of the columns of a table that was written, and its rows."""
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return table.column_names, [
            ["" if cell is None else cell for cell in row.values()] for row in table.to_pylist()
        ]
    data = (gzip.decompress if path.suffix == ".gz" else bytes)(path.read_bytes()).decode("utf-8-sig")
    header, *rows = csv.reader(
        io.StringIO(data, newline=""), delimiter="\t" if ".tsv" in path.name else ",", strict=True
    )
    return header, rows


@pytest.mark.parametrize("name", ["o.csv", "o.tsv.gz", "o.parquet"])
def test_a_column_for_errors_is_there_where_a_row_had_one(
    name: str, breaking: dict[str, Any], place: Path, textrnn: Call
) -> None:
    texts = [f'{text}, "so"\n{i}\r\n' for i, (text, _) in enumerate(make_rows(45))]
    objects = [{"text": text, "note": f"a\t;,{i}"} for i, text in enumerate(texts)]
    lines = [json.dumps(each) + "\n" for each in objects]
    (place / "good.jsonl").write_text("".join(lines))
    (place / "bad.jsonl").write_text("".join([*lines[:33], '{"text": null, "note": "n"}\n', *lines[33:]]))
    how = () if name == "o.parquet" else ("--bom",)
    for file in ("good", "bad"):
        assert textrnn("predict", *MODEL, "-i", f"{file}.jsonl", *how, "-o", f"{file}.{name}").code == 0
    header, rows = read_rows(place / f"good.{name}")
    assert header[-1] == "model"
    assert [row[:2] for row in rows] == [[each["text"], each["note"]] for each in objects]
    wider, others = read_rows(place / f"bad.{name}")
    assert wider == [*header, "error"]
    (bad,) = (row for row in others if row[-1])
    assert (bad[1], bad[-1]) == ("n", "column 'text': expected a text, found null")
    assert [row[:-1] for row in others if not row[-1]] == rows
    for left in (2, 1, None):  # broken off before the bad row, and again
        breaking["left"] = left
        assert textrnn("predict", *MODEL, "-i", "bad.jsonl", *how, "-o", name).code == (0 if left is None else 130)
    assert (place / name).read_bytes() == (place / f"bad.{name}").read_bytes()


def test_what_is_printed_has_the_column_too(breaking: dict[str, Any], place: Path, textrnn: Call) -> None:
    for lines, expected in ((9, False), (10, True)):  # a window and more is printed as it comes: a row may yet fail
        (place / "in.jsonl").write_text('{"text": "good soup"}\n' * lines)
        (place / "bad.jsonl").write_text('{"text": null}\n' + '{"text": "good soup"}\n' * (lines - 1))
        for name, has in (("in", expected), ("bad", True)):
            printed = textrnn("predict", *MODEL, "-i", f"{name}.jsonl", "-f", "csv").out
            header, *rows = csv.reader(io.StringIO(printed))
            assert (header[-1] == "error") == has
            assert {len(row) for row in rows} == {len(header)}


@pytest.mark.parametrize("name", ["o.csv", "o.tsv.gz", "o.jsonl.xz", "o.parquet"])
def test_the_same_bytes(name: str, breaking: dict[str, Any], place: Path, textrnn: Call) -> None:
    command = ("predict", *MODEL, "-i", "new.csv", "--top", "2", "-o")
    whole = textrnn(*command, f"whole.{name}")
    assert (whole.code, breaking["done"]) == (0, 10)
    for left in (2, 3):
        breaking["left"] = left
        assert textrnn(*command, name).code == 130
    breaking.update(left=None, done=0)
    ended = textrnn(*command, name)
    assert ended.err == f"resumes after 50 rows, which are in {name}.parts\n95 rows in, 95 predictions out\n"
    assert breaking["done"] == 5
    assert (place / name).read_bytes() == (place / f"whole.{name}").read_bytes()
    assert not (place / f"{name}.parts").exists()


def test_it_says_what_is_kept_and_refuses_another_output(breaking: dict[str, Any], place: Path, textrnn: Call) -> None:
    command = ("predict", *MODEL, "-i", "new.csv", "-o", "out.csv")
    breaking["left"] = 3
    ended = textrnn(*command)
    kept = "30 rows are kept in out.csv.parts: the same command resumes after them"
    assert ended.err.splitlines() == [kept, "error: interrupted"]
    breaking["left"] = None
    for more, told in (
        (("--top", "1"), "choice of classes"),
        (("--bom",), "format"),
        (("--errors", "replace"), "text format"),
    ):
        ended = textrnn(*command, *more)
        assert (ended.code, f"made with other settings (another {told}); resume" in ended.error) == (2, True), ended.err
    (place / "new.csv").write_text((place / "new.csv").read_text().replace("soup", "SOUP"))
    ended = textrnn(*command)
    assert (ended.code, "but its first 30 rows changed" in ended.error) == (2, True)
    assert textrnn(*command, "--restart").err == "95 rows in, 95 predictions out\n"
    assert not (place / "out.csv.parts").exists()
    assert textrnn("predict", *MODEL, "a", "--restart").code == 2


def test_another_model_or_decision_is_refused(breaking: dict[str, Any], place: Path, textrnn: Call) -> None:
    from textrnn.storage.files import describe_files, read_manifest, write_json

    command = ("predict", *MODEL, "-i", "new.csv", "-o", "out.csv")
    breaking["left"] = 3
    assert textrnn(*command).code == 130
    breaking["left"] = None
    model = place / "models" / "textrnn"
    (model / "decision.json").write_text((model / "decision.json").read_text() + "\n")
    manifest = read_manifest(model)
    write_json(
        model / "manifest.json", {**manifest, "files": describe_files(model, leave_out=frozenset({"README.md"}))}
    )
    ended = textrnn(*command)
    assert (ended.code, "(another decision)" in ended.error) == (2, True), ended.err


def test_a_row_that_is_refused_leaves_those_before_it(breaking: dict[str, Any], place: Path, textrnn: Call) -> None:
    rows = (place / "new.csv").read_text().splitlines()
    (place / "bad.csv").write_text("\n".join([*rows[:60], "one cell", *rows[60:]]) + "\n")
    ended = textrnn("predict", *MODEL, "-i", "bad.csv", "-o", "out.csv", "--on-bad-row", "refuse")
    assert ended.code == 3
    assert "59 rows are kept in out.csv.parts" in ended.err
    (place / "none.jsonl").write_text('{"text": 3}\n' * 40)
    ended = textrnn("predict", *MODEL, "-i", "none.jsonl", "-o", "none.csv")
    assert (ended.code, "none of 40 rows could be used" in ended.error) == (3, True)
    assert not (place / "none.csv.parts").exists()


def test_bytes_are_known_again_wherever_they_are_cut(tmp_path: Path) -> None:
    first = ReadDigest()
    for data in (b"ab", b"", b"cdef"):
        first.take(data)
    marks = [first.mark()]
    first.take(b"gh")
    marks.append(first.mark())
    again = ReadDigest()
    again.expect(marks)
    (tmp_path / "file").write_bytes(b"abcdefghij")
    again.take_file(tmp_path / "file")
    assert again.agrees(2)
    assert again.size == 10
    other = ReadDigest()
    other.expect(marks)
    other.take(b"abcdeF")
    assert not other.agrees(1)
    other.take(b"gh")
    assert not other.agrees(2)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", ["new.csv", "new.parquet"])
def test_a_bar_shows_how_far_it_is_where_somebody_looks(
    name: str, breaking: dict[str, Any], place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    table = csv.DictReader((place / "new.csv").read_text().splitlines())
    pq.write_table(pa.table({"text": [row["text"] for row in table]}), place / "new.parquet")
    command = ("predict", *MODEL, "-i", name, "-o", "out.csv")
    for more, shown in (((), True), (("-q",), False)):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        assert textrnn(*command, *more).code == 0
        assert ("rows" in terminal.getvalue().replace("rows in", "")) == shown, terminal.getvalue()
        assert not shown or re.search(r"\d+/9\d", terminal.getvalue())
