"""The report says what the classifier gives up against its teacher, on the same examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.target import Target
from textrnn.evaluation.sections.teacher import show_teacher
from textrnn.evaluation.teacher_scores import measure_teacher
from textrnn.text.pseudo_labels import PseudoLabels
from textrnn.text.ragged import ragged

LABELS = np.arange(200) % 2
TARGET = Target("single", ("a", "b"))
TEACHER = np.where((np.arange(200) % 10 == 0)[:, None], np.eye(2)[1 - LABELS], np.eye(2)[LABELS]).astype(np.float32)
OURS = np.where(np.arange(200) % 4 == 1, 1 - LABELS, LABELS)


def test_both_are_scored_and_tested_in_pairs() -> None:
    found = measure_teacher(LABELS, OURS, ("a model folder", TEACHER), EvaluateConfig(bootstrap=20), TARGET)
    assert found is not None
    assert found["name"] == "a model folder"
    assert found["metrics"]["accuracy"]["value"] == pytest.approx(0.9)
    comparison = found["comparison"]
    assert (comparison["only_first"], comparison["only_second"]) == (20, 50)
    assert comparison["difference"] == pytest.approx(-0.15)
    assert comparison["verdict"].startswith("its teacher wins by 0.150 over the classifier")
    page = show_teacher(
        {"teacher": found, "metrics": {"accuracy": {"value": 0.75, "low": None, "high": None}}, "split": "test",
         "target": TARGET.to_json()}
    )  # fmt: skip
    assert "Against its teacher" in page
    assert "0.750" in page
    assert "0.900" in page
    assert show_teacher({}) == ""


def test_the_answers_are_kept_with_the_pseudo_labels(tmp_path: Path) -> None:
    rows, targets = ragged([[2, 3], [4]]), np.array([[0.1, 0.9], [0.5, 0.5]], np.float32)
    for name, noun in (
        ("with", PseudoLabels(rows, targets, "a model folder", TEACHER)),
        ("without", PseudoLabels(rows, targets)),
    ):
        (tmp_path / name).mkdir()
        noun.save(tmp_path / name)
        again = PseudoLabels.load(tmp_path / name)
        assert again.teacher == noun.teacher
        assert (again.test is None) == (noun.test is None)
        assert again.test is None or np.array_equal(again.test, TEACHER)
