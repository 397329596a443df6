"""Texts without labels, teachers, and answers that are rejected: from the command line."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from made import make_rows
from running import Call


@pytest.fixture
def more(place: Path) -> Path:
    file = place / "more.jsonl"
    file.write_text("".join(json.dumps({"text": f"{text} again"}) + "\n" for text, _ in make_rows(40)))
    return file


SETTINGS = (
    "--set",
    "unlabelled.source=more.jsonl",
    "--set",
    "self_training.teachers=2",
    "--set",
    "self_training.epochs=1",
)


def test_teachers_are_trained_once_and_named_in_the_messages(place: Path, more: Path, textrnn: Call) -> None:
    ended = textrnn("run", "--config", "textrnn.toml", *SETTINGS)
    assert ended.code == 0, ended.err
    for line in (
        "40 texts without labels; 0 skipped, which are labelled examples too",
        "teacher 1 of 2",
        "teacher 2 of 2",
    ):
        assert line in ended.err
    assert textrnn("run", "--config", "textrnn.toml", "--json", *SETTINGS).ran() == []
    moved = more.rename(place / "moved.jsonl")
    again = textrnn("run", "--config", "textrnn.toml", "--json", *SETTINGS, "--set", f"unlabelled.source={moved.name}")
    assert again.ran() == [], "where a file stands changes nothing"
    moved.write_text(moved.read_text() + json.dumps({"text": "one more"}) + "\n")
    changed = ("--set", f"unlabelled.source={moved.name}")
    why = textrnn("why", "unlabelled", "--config", "textrnn.toml", "--json", *SETTINGS, *changed).json
    assert why["reasons"] == ["the unlabelled texts changed"]


def test_the_file_is_checked_before_anything_runs(place: Path, textrnn: Call) -> None:
    ended = textrnn("run", "--config", "textrnn.toml", "--set", "unlabelled.source=gone.jsonl")
    assert ended.code == 3
    assert "gone.jsonl" in ended.error


def test_what_is_not_sure_enough_has_no_label(place: Path, textrnn: Call) -> None:
    ended = textrnn("run", "--config", "textrnn.toml", "--set", "decision.coverage=0.5")
    assert ended.code == 0, ended.err
    assert "the least confident predictions are rejected" in ended.err
    assert re.search(r"rejected \d+ of \d+ predictions; accuracy of the others [01]\.\d+", ended.err)
    assert "Rejected predictions" in (place / "runs" / "textrnn" / "report.html").read_text("utf-8")
    (model,) = (place / "models").iterdir()
    printed = textrnn("predict", "--model", str(model), "--input", "data.csv", "--all")
    lines = [json.loads(line) for line in printed.out.splitlines()]
    rejected = [line for line in lines if line["predicted_label"] is None]
    assert [line["accepted"] for line in lines] == [line["predicted_label"] is not None for line in lines]
    assert f"200 rows in, 200 predictions out, {len(rejected)} of them rejected" in printed.err
    assert 0.2 < len(rejected) / len(lines) < 0.8
    assert all(abs(sum(line["probabilities"].values()) - 1) < 1e-4 for line in rejected)
    cells = textrnn("predict", "--model", str(model), "--input", "data.csv", "--format", "csv").out.splitlines()
    found = [row["predicted_label"] == "" for row in csv.DictReader(cells)]
    assert found == [line["predicted_label"] is None for line in lines]

    from textrnn import TextClassifier

    texts = [text for text, _ in make_rows(30)]
    assert TextClassifier.load(model).accepts(texts).tolist() == [
        json.loads(line)["label"] is not None
        for line in textrnn("predict", "--model", str(model), *texts).out.splitlines()
    ]
