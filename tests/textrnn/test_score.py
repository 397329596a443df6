from __future__ import annotations

import json
from pathlib import Path

import pytest
from made import make_rows, write_csv
from tiny import made_ids, model_config

from textrnn.data.target import Label, Target
from textrnn.decision.decision import Decision
from textrnn.errors import DataError
from textrnn.nn.classifier import build_model
from textrnn.predictor import Predictor
from textrnn.score import score_rows
from textrnn.text.vocabulary import tokenizer_of
from textrnn.wide.branch import empty_branch

ROWS = make_rows(60, seed=3)


def make_predictor(classes: tuple[Label, ...] = ("bad", "good")) -> Predictor:
    vocabulary, _ = made_ids()
    network = build_model(model_config(), len(vocabulary), len(classes), seed=0).eval()
    wide = empty_branch(len(classes))
    return Predictor(tokenizer_of(vocabulary), network, wide, Decision(), Target("single", classes), 20)


def test_the_report_is_of_these_rows(tmp_path: Path) -> None:
    predictor = make_predictor()
    report = score_rows(predictor, str(write_csv(tmp_path / "rows.csv", ROWS)))
    right = [found == label for found, (_, label) in zip(predictor.predict([t for t, _ in ROWS]), ROWS, strict=True)]
    assert report.data["metrics"]["accuracy"]["value"] == pytest.approx(sum(right) / 60)
    assert "<html" in report.html
    report.save(tmp_path / "report")


def test_labels_are_matched_as_text(tmp_path: Path) -> None:
    predictor = make_predictor((0, 1))
    lines = [{"review": text, "stars": "01".index(str(int(label == "good")))} for text, label in ROWS]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    write_csv(tmp_path / "a.csv", [(text, str(int(label == "good"))) for text, label in ROWS])
    numbers = score_rows(predictor, str(tmp_path / "a.jsonl"), text_column="review", label_column="stars")
    texts = score_rows(predictor, str(tmp_path / "a.csv"))
    assert numbers.data["metrics"] == texts.data["metrics"]


def test_an_unknown_label_is_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", [*ROWS, ("a text", "middling")])
    with pytest.raises(DataError, match=r"rows\.csv.*'middling'.*'bad', 'good'") as caught:
        score_rows(make_predictor(), str(path))
    assert "\n" not in str(caught.value)


def test_a_missing_column_or_file_is_named(tmp_path: Path) -> None:
    path = str(write_csv(tmp_path / "rows.csv", ROWS))
    with pytest.raises(DataError, match="stars"):
        score_rows(make_predictor(), path, label_column="stars")
    with pytest.raises(DataError, match=r"absent\.csv"):
        score_rows(make_predictor(), str(tmp_path / "absent.csv"))
