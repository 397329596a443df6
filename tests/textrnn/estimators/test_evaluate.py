"""`TextClassifier.evaluate`, and how a report, a classifier and a predictor show themselves.

That it is the report of the pipeline, number by number, stands in test_wirings.py.
"""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from classifiers import text_classifier
from made import make_rows
from made_kinds import make_feelings, make_stars

from textrnn import TextClassifier
from textrnn.errors import ConfigError, DataError
from textrnn.evaluation.report import Report

ROWS, MORE = make_rows(120), make_rows(60, seed=1)
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]
NEW, TRUE = [text for text, _ in MORE], [label for _, label in MORE]
TINY: dict[str, Any] = {
    "embedding_size": 6, "hidden_size": 5, "epochs": 1, "batch_size": 16, "device": "cpu", "vectors": "none",
    "validation_fraction": 0.2, "train.precision": "float32", "train.adversarial": 0.0, "evaluate.bootstrap": 50,
}  # fmt: skip


@pytest.fixture(scope="module")
def fitted() -> TextClassifier:
    return text_classifier(TINY).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def report(fitted: TextClassifier) -> Report:
    return fitted.evaluate(NEW, TRUE)


def test_its_numbers_are_those_of_score(fitted: TextClassifier, report: Report) -> None:
    assert report.data["metrics"]["accuracy"]["value"] == pytest.approx(fitted.score(NEW, TRUE), abs=1e-6)
    assert report.data["examples"] == 60
    assert report.data["resamples"] == 50  # of `settings`
    assert report.data["baseline"]["name"].startswith(("TF-IDF", "NB-LR"))
    assert report.data["comparison"]["verdict"]
    assert [each["epoch"] for each in report.data["history"]] == [1]


def test_without_its_texts_there_is_no_baseline(fitted: TextClassifier, report: Report, tmp_path: Path) -> None:
    loaded = TextClassifier.load(fitted.save(tmp_path / "model"))
    for model in (loaded, pickle.loads(pickle.dumps(fitted))):
        found = model.evaluate(NEW, TRUE).data
        assert found["baseline"] is None
        assert found["metrics"] == report.data["metrics"]
    assert fitted.evaluate(NEW, TRUE, baseline=False).data["baseline"] is None


@pytest.mark.parametrize("kind", ["multi", "number"])
def test_other_targets_have_reports_too(kind: str) -> None:
    rows = make_feelings(90) if kind == "multi" else make_stars(90)
    texts, labels = [row["text"] for row in rows], [row["labels" if kind == "multi" else "stars"] for row in rows]
    model = text_classifier(TINY, target=kind).fit(texts, labels)
    score = {"multi": "exact_match", "number": "r2"}[kind]
    metrics = model.evaluate(texts, labels).data["metrics"]
    assert metrics[score]["value"] == pytest.approx(model.score(texts, labels), abs=1e-6), metrics.keys()


def test_a_label_that_is_new_is_a_miss(fitted: TextClassifier) -> None:
    found = fitted.evaluate(NEW, ["odd", *TRUE[1:]]).data
    assert found["baseline"] is None
    assert found["metrics"]["accuracy"]["value"] < 1
    assert any("does not know the label 'odd'" in line for line in found["checks"]["warnings"])


@pytest.mark.parametrize(
    ("texts", "labels", "words"),
    [
        ([], [], "^texts: expected one at least, to be evaluated, found none"),
        (NEW, TRUE[1:], "^labels: expected as many as texts"),
        (
            NEW,
            ["x"] * 60,
            r"^labels: expected labels that the model knows \('bad', 'good'\), found none in 60 rows; row 1",
        ),
        (NEW, [*TRUE[1:], None], "^labels, row 60 .*: expected a label, found none"),
        ("one", ["good"], "^texts: expected a list, found one string"),
    ],
)
def test_what_cannot_be_evaluated_is_reported_in_one_line(
    texts: Any, labels: Any, words: str, fitted: TextClassifier
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        fitted.evaluate(texts, labels)
    assert "\n" not in str(caught.value)


def test_a_report_is_saved_by_the_name_of_its_file(report: Report, tmp_path: Path) -> None:
    report.save(tmp_path / "deep" / "report.html")
    report.save(str(tmp_path / "numbers.json"))
    report.save(tmp_path / "both")
    assert (tmp_path / "deep" / "report.html").read_bytes() == (tmp_path / "both" / "report.html").read_bytes()
    assert (tmp_path / "numbers.json").read_bytes() == (tmp_path / "both" / "report.json").read_bytes()
    assert Report.load(tmp_path / "both") == report
    report.save(tmp_path / "numbers.json")  # one of ours is replaced
    for foreign in (tmp_path / "mine.html", tmp_path / "folder.html"):
        foreign.write_text("mine") if foreign.stem == "mine" else foreign.mkdir()
        with pytest.raises(ConfigError, match=r"^path: expected a report or nothing at .*, found a f"):
            report.save(foreign)
    assert (tmp_path / "mine.html").read_text() == "mine"
    with pytest.raises(ConfigError, match=r"^path: "):
        report.save("")


def test_a_report_shows_itself(report: Report) -> None:
    assert re.fullmatch(r"Report\(accuracy 0\.\d{4} on 60 new examples\)", repr(report))
    assert str(report).startswith("on 60 new examples:\n  accuracy")
    page = report._repr_html_()
    assert page.startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert 'sandbox=""' in page
    assert page.count("<") == 2


def test_a_classifier_and_a_predictor_show_themselves(fitted: TextClassifier) -> None:
    plain = TextClassifier(epochs=1, device="cpu")
    assert repr(plain) == "TextClassifier(device='cpu', epochs=1)"
    about = r"2 classes: 'bad', 'good'; lstm, [\d,]+ weights; [\d,]+ n-grams; \d+ tokens"
    assert re.fullmatch(rf"TextClassifier\([^#]*\)  # {about}", repr(fitted))
    assert re.fullmatch(rf"Predictor\({about}\)", repr(fitted._fitted()))
    assert len(repr(fitted._fitted())) < 120
