from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made import make_rows, write_csv
from tiny import made_ids, model_config

from textrnn.config.data import DataConfig, TargetKind, TextFormat
from textrnn.data.columns import Columns
from textrnn.data.corpus import Corpus
from textrnn.data.load import load_corpus
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import RULES, Decision, compute_scores
from textrnn.errors import DataError
from textrnn.inference.engine import build_engine
from textrnn.linear.ngram_branch import empty_branch
from textrnn.model import score_rows as score
from textrnn.model.predictor import Predictor
from textrnn.model.score_rows import score_rows
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.text.vocabulary import encoder_of

ROWS = make_rows(60, seed=3)


def make_predictor(classes: tuple[str | int, ...] = ("bad", "good"), target: Target | None = None) -> Predictor:
    vocabulary, _ = made_ids()
    engine = build_engine(to_arrays(build_model(model_config(), len(vocabulary), len(classes), seed=0)))
    ngram_branch = empty_branch(len(classes))
    target = target or Target("single", classes)
    thresholds = (0.45,) * len(classes) if target.kind == "multi" else ()
    decision = Decision(rule=RULES[target.kind], thresholds=thresholds)
    return Predictor(encoder_of(vocabulary), engine, ngram_branch, decision, target, 20)


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


def test_a_label_that_the_model_does_not_know_is_wrong_and_named(tmp_path: Path) -> None:
    predictor = make_predictor()
    without = score_rows(predictor, str(write_csv(tmp_path / "rows.csv", ROWS)))
    right = without.data["metrics"]["accuracy"]["value"] * 60
    rows = [*ROWS, ("a text", "good "), *[(f"text {i}", "middling") for i in range(4)], ("b", "goood")]
    report = score_rows(predictor, str(write_csv(tmp_path / "more.csv", rows)))
    right += predictor.predict(["a text"]) == ["good"]
    assert report.data["examples"] == 66
    assert report.data["metrics"]["accuracy"]["value"] == pytest.approx(right / 66, abs=1e-6)
    assert report.data["target"]["classes"] == ["bad", "good", "goood", "middling"]
    assert report.data["checks"]["warnings"][:2] == [
        "the model does not know the label 'middling': 4 rows with it cannot be predicted (row 62 after the header, "
        "row 63 after the header, row 64 after the header, ...)",
        "the model does not know the label 'goood': 1 row with it cannot be predicted (row 66 after the header); did "
        "you mean 'good'?",
    ]
    assert "goood" in report.html


def test_rows_without_any_label_that_the_model_knows_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", [(text, label.upper()) for text, label in ROWS])
    with pytest.raises(
        DataError, match=r"rows\.csv: .*'bad', 'good'.* found none in 60 rows; row 1 after the"
    ) as caught:
        score_rows(make_predictor(), str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("target", "labels", "classes"),
    [
        (Target("single", (2, 10, -1)), ["2", "10", "-1", "7"], [-1, 2, 7, 10]),
        (Target("single", (2, 10, -1)), ["2", "10", "-1", "x"], ["-1", "10", "2", "x"]),
        (Target("ordinal", (1, 2, 10)), ["1", "10", "2", "5"], [1, 2, 5, 10]),
        (Target("path", ("b > a", "a > b")), ["a>b", "b >a", "a > b", "c > d"], ["a > b", "b > a", "c > d"]),
        (Target("multi", ("b", "a")), ["a", "b,a", "", "c,a"], ["a", "b", "c"]),
    ],
)
def test_of_every_kind(tmp_path: Path, target: Target, labels: list[str], classes: list[str | int]) -> None:
    """The last label is new: no answer has it, and the others are what they are without it."""
    predictor = make_predictor(target.classes, target)
    texts = [text for text, _ in ROWS[:4]]
    said = predictor.predict_probabilities(texts)
    report = score_rows(predictor, str(write_csv(tmp_path / "rows.csv", list(zip(texts, labels, strict=True)))))
    assert report.data["target"]["classes"] == classes
    assert report.data["checks"]["warnings"][0].startswith("the model does not know the label ")
    wrong = {error["row"]: error for error in report.data["errors"]}
    assert 4 in wrong
    known = [str(label) for label in target.classes]
    if target.kind in ("single", "path"):
        assert wrong[4]["predicted"] == known[int(said[3].argmax())]
    if target.kind == "multi":
        row = next(row for row in report.data["classes"] if row["name"] == "c")
        assert row["recall"] == 0
    alone = score_rows(predictor, str(write_csv(tmp_path / "known.csv", list(zip(texts, labels, strict=True))[:3])))
    for error in alone.data["errors"]:
        assert set(wrong[error["row"]]["predicted"].split(", ")) == set(error["predicted"].split(", "))


def test_an_order_that_does_not_name_a_label(tmp_path: Path) -> None:
    predictor = make_predictor(("low", "fair", "high"), Target("ordinal", ("low", "fair", "high")))
    rows = [(text, ["low", "fair", "high"][i % 3]) for i, (text, _) in enumerate(ROWS)]
    path = str(write_csv(tmp_path / "rows.csv", [*rows, ("a text", "awful")]))
    with pytest.raises(DataError, match=r"row 61 after the header: expected a label .*'awful'.*data.on_bad_row=skip"):
        score_rows(predictor, path)
    report = score_rows(predictor, path, on_bad_row="skip")
    assert report.data["examples"] == 60
    assert report.data["checks"]["bad_rows"]["rows"] == 1
    assert report.data["metrics"] == score_rows(predictor, str(write_csv(tmp_path / "a.csv", rows))).data["metrics"]


def test_bad_rows_and_cut_texts_and_replaced_bytes_are_counted(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", ROWS)
    with path.open("ab") as file:
        file.write(b"no label,\ncaf\xe9,good\n")
    with pytest.raises(DataError, match=r"row 61 after the header .*an empty one"):
        score_rows(make_predictor(), str(path))
    report = score_rows(make_predictor(), str(path), on_bad_row="skip", text_format=TextFormat(errors="replace"))
    checks = report.data["checks"]
    assert (report.data["examples"], checks["bad_rows"]["rows"], checks["replaced_bytes"]) == (61, 1, 1)
    short = replace(make_predictor(), columns=Columns(max_characters=5))
    checks = score_rows(short, str(write_csv(tmp_path / "more.csv", ROWS))).data["checks"]
    assert checks["cut_texts"] == sum(len(text) > 5 for text, _ in ROWS) > 0
    assert "60 texts cut to the maximum length (data.max_characters)" in checks["warnings"]


@pytest.mark.parametrize(("kind", "cell"), [("multi", "a, b; c"), ("path", "a, b; c")])
def test_labels_are_parted_as_in_training(tmp_path: Path, kind: TargetKind, cell: str) -> None:
    """Settings that say how cells are read go from the configuration into the model folder, and to who uses it."""
    path = write_csv(tmp_path / "rows.csv", [(text, [cell, "d; c"][i % 2]) for i, (text, _) in enumerate(ROWS)])
    config = DataConfig(source=str(path), target=kind, label_separator=";", max_characters=30)
    load_corpus(config).save(tmp_path)
    corpus = Corpus.load(tmp_path)
    assert set(corpus.target.names) == ({"a, b", "c", "d"} if kind == "multi" else {"a, b > c", "d > c"})
    predictor = replace(make_predictor(corpus.target.classes, corpus.target), columns=corpus.columns)
    assert predictor.columns.label_separator == ";"
    report = score_rows(predictor, str(path))
    assert report.data["target"]["classes"] == list(corpus.target.classes)
    other = write_csv(tmp_path / "b.csv", [(t, ["a, b|c", "d|c"][i % 2]) for i, (t, _) in enumerate(ROWS)])
    assert score_rows(predictor, str(other), label_separator="|").data["metrics"] == report.data["metrics"]
    long = "a good film " * 9
    assert (predictor.predict_probabilities([long]) == predictor.predict_probabilities([long[:30]])).all()


def test_a_missing_column_or_file_is_named(tmp_path: Path) -> None:
    path = str(write_csv(tmp_path / "rows.csv", ROWS))
    with pytest.raises(DataError, match="stars"):
        score_rows(make_predictor(), path, label_column="stars")
    with pytest.raises(DataError, match=r"absent\.csv"):
        score_rows(make_predictor(), str(tmp_path / "absent.csv"))


def test_classes_that_a_model_does_not_know_leave_its_decision_about_the_others_alone() -> None:
    own = np.array([[1.0, -2.0], [0.5, 3.0]])
    for kind, thresholds, of_all in (("multi", (0.1, 0.9), (0.1, 0.5, 0.9)), ("single", (), ())):
        known, every = Target(kind, ("a", "c")), Target(kind, ("a", "b", "c"))  # type: ignore[arg-type]
        decision = Decision(0.5, 2.0, rule=RULES[known.kind], thresholds=thresholds)
        found, logits = score._with_new(decision, BranchLogits(own, own * 2), known, every)
        assert found == replace(decision, thresholds=of_all)
        np.testing.assert_array_equal(logits.recurrent[:, [0, 2]], own)
        np.testing.assert_array_equal(logits.ngram_branch[:, [0, 2]], own * 2)
        assert (compute_scores(found, logits)[:, 1] < 1e-6).all(), "never said"
        assert score._with_new(decision, BranchLogits(own, own), known, known)[0] is decision
