from __future__ import annotations

import csv
import gzip
import io
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from made import make_rows, write_csv
from running import Call

from pipelines.commands import predict
from textrnn.model.folder import load_predictor

ABOUT = ["accepted", "tokens", "cut", "unknown", "model"]
TEXTS = ["the soup was good", "the soup was not good", "", "x", "the lamp was dull, to be honest ... (12)"]


def predictions(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_texts_get_a_label_and_a_probability_of_each_class(place: Path, textrnn: Call) -> None:
    ended = textrnn("predict", *TEXTS, "--all")
    assert ended.code == 0
    assert re.fullmatch(r"model models/textrnn \(bundled [-0-9]+ [0-9:]+, accuracy [01]\.\d{4}\)\n", ended.err)
    found = predictions(ended.out)
    expected = load_predictor(place / "models" / "textrnn").predict_probabilities(TEXTS)
    assert len(found) == len(TEXTS)
    for row, probabilities in zip(found, expected, strict=True):
        assert list(row["probabilities"]) == ["bad", "good"]
        assert list(row["probabilities"].values()) == pytest.approx(list(probabilities), abs=1e-6)
        assert row["label"] == max(row["probabilities"], key=row["probabilities"].get)


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "txt", "csv.gz", "parquet"])
def test_every_kind_of_input_gives_the_same(kind: str, place: Path, textrnn: Call) -> None:
    texts = [text for text in TEXTS if text]
    path = place / f"new.{kind}"
    if kind in ("csv", "tsv"):
        with open(path, "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, delimiter="\t" if kind == "tsv" else ",")
            rows.writerows([["id", "said"], *([str(i), text] for i, text in enumerate(texts))])
    elif kind == "csv.gz":
        with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["said"], *([text] for text in texts)])
    elif kind == "jsonl":
        path.write_text("".join(json.dumps({"said": text}) + "\n" for text in texts), encoding="utf-8")
    elif kind == "parquet":
        arrow = pytest.importorskip("pyarrow")
        pytest.importorskip("pyarrow.parquet").write_table(arrow.table({"said": texts}), path)
    else:
        path.write_text("\n".join(texts), encoding="utf-8")
    column = () if kind == "txt" else ("--text-column", "said")
    found = predictions(textrnn("predict", "--input", path.name, *column).out)
    assert [row.get("said", text) for row, text in zip(found, texts, strict=True)] == texts
    answers = [{key: row[key] for key in row if key not in ("id", "said")} for row in found]
    assert answers == predictions(textrnn("predict", *texts).out)


def test_results_come_in_order_through_every_window(
    place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [" ".join(["soup"] * (i * 7 % 23)) + f" {i}" for i in range(50)]
    (place / "many.txt").write_text("\n".join(texts), encoding="utf-8")
    whole = predictions(textrnn("predict", "-i", "many.txt", "--all").out)
    monkeypatch.setattr(predict, "WINDOW_ROWS", 7)
    parts = predictions(textrnn("predict", "-i", "many.txt", "--all").out)
    assert [row["label"] for row in parts] == [row["label"] for row in whole]
    for one, other in zip(whole, parts, strict=True):
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)


def test_output_goes_to_a_file(place: Path, textrnn: Call) -> None:
    printed = textrnn("predict", *TEXTS, "--format", "csv", "--all").out
    ended = textrnn("predict", *TEXTS, "--format", "csv", "--all", "--output", "deep/out.csv")
    assert (ended.code, ended.out) == (0, "")
    assert (place / "deep" / "out.csv").read_text("utf-8") == printed
    rows = list(csv.DictReader(printed.splitlines()))
    assert list(rows[0]) == ["label", "probability", *ABOUT, "probability_bad", "probability_good"]
    assert float(rows[0]["probability_bad"]) + float(rows[0]["probability_good"]) == pytest.approx(1, abs=2e-6)


def test_an_output_is_whole_or_not_there(place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "WINDOW_ROWS", 1)
    (place / "bad.txt").write_bytes(b"fine\nb\xffd\n")
    (place / "out.jsonl").write_text("before", encoding="utf-8")
    ended = textrnn("predict", "-i", "bad.txt", "-o", "out.jsonl", "--overwrite")
    assert ended.code == 3
    assert "line 2" in ended.error
    assert (place / "out.jsonl").read_text("utf-8") == "before"
    assert not list(place.glob(".out*"))


def test_labels_that_the_terminal_cannot_show(tmp_path: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / "data.csv", [(text, "好" if label == "good" else "a,b") for text, label in make_rows(60)])
    tiny = ("-s", "train.epochs=1", "-s", "model.hidden_size=8", "-s", "evaluate.bootstrap=0", "-q")
    assert textrnn("run", "--data", "data.csv", *tiny).code == 0
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    assert textrnn("predict", "soup", "-f", "csv", "--all").code == 0
    assert textrnn("config", "show", "--json", "-s", "name=\U0001f600").code == 0
    narrow.flush()
    header, _, shown = narrow.buffer.getvalue().split(b"\n", 2)  # type: ignore[attr-defined]
    assert header == b'label,probability,accepted,tokens,cut,unknown,model,"probability_a,b",probability_\\u597d'
    assert json.loads(shown)["name"] == "\U0001f600"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("predict", "a", "--model", "nowhere"), 3, "nowhere: expected a model folder"),
        (("score", "data.csv", "--model", "nowhere"), 3, "nowhere: expected a model folder"),
        (("predict", "a", "--model", "runs"), 3, "is it a model folder"),
        (("predict", "-i", "gone.csv"), 3, "--input gone.csv: expected a file"),
        (("predict", "-i", "models/textrnn"), 3, "expected data, found a model folder; give the model with --model"),
        (("predict", "-i", "data.csv", "--text-column", "body"), 3, "'body'"),
        (("score", "gone.csv"), 3, "gone.csv"),
        (("score", "data.csv", "--label-column", "stars"), 3, "'stars'"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    arguments: tuple[str, ...], code: int, said: str, place: Path, textrnn: Call
) -> None:
    ended = textrnn(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.error


def test_a_model_can_be_moved(place: Path, tmp_path: Path, textrnn: Call) -> None:
    before = textrnn("predict", "a good soup").out
    shutil.move(place / "models" / "textrnn", tmp_path / "moved")
    assert textrnn("predict", "a good soup", "-m", "../moved").out == before
    assert textrnn("predict", "a good soup").code == 3


def test_scoring_the_test_rows_gives_the_reports_scores(place: Path, textrnn: Call) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    (corpus,) = (place / ".textrnn" / "entries" / "load").iterdir()
    rows = parquet.read_table(corpus / "data" / "test.parquet").to_pylist()
    write_csv(place / "test.csv", [(row["text.text"], row["label"]) for row in rows])
    scored = textrnn("score", "test.csv", "--json").json
    report = json.loads((place / "runs" / "textrnn" / "report.json").read_text("utf-8"))
    for name in ("accuracy", "macro_f1", "log_loss"):
        assert scored["metrics"][name]["value"] == pytest.approx(report["metrics"][name]["value"], abs=1e-6)
    shown = textrnn("score", "test.csv", "--output", "scored")
    assert shown.out.splitlines()[-1] == "report  scored/report.html"
    assert {path.name for path in (place / "scored").iterdir()} == {"report.json", "report.html"}


def test_score_warns_of_labels_it_does_not_know_and_of_bad_rows(place: Path, textrnn: Call) -> None:
    rows = make_rows(40, seed=5)
    write_csv(place / "more.csv", [*rows, ("a text", "middling")])
    scored = textrnn("score", "more.csv", "--json")
    assert scored.json["examples"] == 41
    assert "warning: the model does not know the label 'middling': 1 row with it cannot be predicted" in scored.err
    assert "(row 41 after the header)" in scored.err
    (place / "more.csv").write_bytes((place / "more.csv").read_bytes() + b"one cell\n")
    refused = textrnn("score", "more.csv")
    assert refused.code == 3
    assert "row 42 after the header (line 43): expected 2 fields, found 1" in refused.err
    skipped = textrnn("score", "more.csv", "--on-bad-row", "skip", "--json")
    assert skipped.json["metrics"] == scored.json["metrics"]
    assert "warning: 1 row left out that cannot be used: row 42 after the header (line 43)" in skipped.err
