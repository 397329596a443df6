"""Which model answers is said where none is named; what is not ours is not replaced unasked."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from running import Call

from pipelines.predicting.prediction_files import is_prediction_file

MODEL = ("-m", "models/textrnn")


def test_another_model_than_the_last_time_is_told_of(place: Path, textrnn: Call) -> None:
    first = textrnn("predict", "soup").err
    assert re.fullmatch(r"model models/textrnn \(bundled \d{4}-\d\d-\d\d \d\d:\d\d, accuracy [01]\.\d{4}\)\n", first)
    assert textrnn("score", "data.csv").err.startswith(first), "the same model, for another command"
    assert "model" not in textrnn("predict", "soup", "-q").err
    assert "model" not in textrnn("predict", "soup", *MODEL).err
    shutil.copytree("models/textrnn", "models/other")
    last = json.loads(Path("runs/last.json").read_text())
    Path("runs/last.json").write_text(json.dumps(last | {"model": "models/other"}))
    told = textrnn("predict", "soup").err
    assert told.startswith("model models/other (bundled ")
    assert "; not the model used last here, which was models/textrnn (bundled " in told
    assert len(told.splitlines()) == 1
    assert "another" not in textrnn("predict", "soup").err, "told once"
    manifest = Path("models/other/manifest.json")
    manifest.write_text(manifest.read_text() + "\n")
    assert "; replaced since it was last used here, when it was the one bundled " in textrnn("predict", "soup").err


@pytest.mark.parametrize("damage", ["[1]", "{", '{"model": 3}'])
def test_what_is_remembered_may_be_damaged_or_cannot_be_written(damage: str, place: Path, textrnn: Call) -> None:
    Path("runs/last_model.json").write_text(damage)
    assert textrnn("predict", "soup").code == 0
    Path("runs/last_model.json").unlink()
    Path("runs/last_model.json").mkdir()
    ended = textrnn("predict", "soup")
    assert (ended.code, ended.err.count("\n")) == (0, 1)


WAYS = [
    ("-f", "jsonl"), ("-f", "csv"), ("-f", "tsv"), ("-f", "csv", "--top", "2"), ("-f", "csv", "--all"),
    ("-f", "jsonl", "--all"), ("-f", "csv", "--bom"), ("-f", "jsonl", "--top", "1"),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_predictions_may_be_replaced_by_predictions(way: tuple[str, ...], place: Path, textrnn: Call) -> None:
    for given in (("soup",), ("-i", "data.csv")):
        for _ in range(2):
            ended = textrnn("predict", *MODEL, *given, *way, "-o", "out")
            assert ended.code == 0, ended.err


@pytest.mark.parametrize("name", ["out.csv.gz", "out.jsonl.xz", "out.parquet"])
def test_packed_predictions_too(name: str, place: Path, textrnn: Call) -> None:
    for _ in range(2):
        assert textrnn("predict", *MODEL, "-i", "data.csv", "-o", name).code == 0


COMMAND_LINE_ONLY = [
    b"my notes\n", b"text,label\na,b\n", b"name,value\na,1\n", b"text,label,probability\n", b'{"text": "a"}\n', b"{}\n",
    b'{"text": "a", "label": "b"}\n', b"[1]\n", b"\xff\xfe\x00", b"\x1f\x8b\x08 cut", b"PAR1 no", b'{"value', b'"a\n',
    b'{"probabilities": {"a": "b"}}\n', b"\n", b'{"model": 3}\n', b'{"a": 1, "cut": 1, "unknown": 1, "model": 3}\n',
]  # fmt: skip


@pytest.mark.parametrize("data", COMMAND_LINE_ONLY)
def test_what_predict_did_not_write_is_left_alone(data: bytes, place: Path, textrnn: Call) -> None:
    (place / "out.csv").write_bytes(data)
    assert not is_prediction_file(place / "out.csv")
    ended = textrnn("predict", *MODEL, "soup", "-o", "out.csv")
    assert ended.code == 2
    assert "--output out.csv: expected no such file, or predictions that predict wrote" in ended.error
    assert (place / "out.csv").read_bytes() == data
    assert textrnn("predict", *MODEL, "soup", "-o", "out.csv", "--overwrite").code == 0
    assert is_prediction_file(place / "out.csv")


def test_a_foreign_report_is_left_alone(place: Path, textrnn: Call) -> None:
    (place / "rep").mkdir()
    (place / "rep" / "report.html").write_text("<p>theirs</p>")
    ended = textrnn("score", "data.csv", *MODEL, "-o", "rep")
    assert ended.code == 2
    assert "--output rep: rep/report.html: expected a report of textrnn" in ended.error
    assert not (place / "rep" / "report.json").exists()
    assert (place / "rep" / "report.html").read_text() == "<p>theirs</p>"
    for more in (("--overwrite",), ()):  # then it is ours
        assert textrnn("score", "data.csv", *MODEL, "-o", "rep", *more).code == 0


def test_a_link_stays_and_its_target_is_replaced(place: Path, textrnn: Call) -> None:
    (place / "real.csv").touch()
    (place / "link.csv").symlink_to("real.csv")
    assert textrnn("predict", *MODEL, "soup", "-o", "link.csv").code == 0
    assert (place / "link.csv").is_symlink()
    assert is_prediction_file(place / "real.csv")
    (place / "link.csv").unlink()
    (place / "link.csv").symlink_to("notes")
    (place / "notes").write_text("theirs")
    assert textrnn("predict", *MODEL, "soup", "-o", "link.csv").code == 2


def test_a_pipe_is_no_file_to_replace(place: Path, textrnn: Call) -> None:
    os.mkfifo(place / "pipe")
    for path in ("pipe", os.devnull):
        ended = textrnn("predict", *MODEL, "soup", "-o", path)
        assert ended.code == 2
        assert "found a device or a pipe; leave --output out" in ended.error
        assert not Path(path).is_file()
