"""One report for both ways in: with a baseline and a history, or from probabilities alone."""

from __future__ import annotations

import json

import numpy as np
import pytest

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.errors import DataError
from textrnn.evaluation import build_report as compose
from textrnn.evaluation.build_report import build_report

CONFIG = EvaluateConfig(bootstrap=20, errors=3)


def make(classes=2, size=60, **changes):
    random = np.random.default_rng(0)
    target = Target("single", tuple(range(classes)))
    labels = random.integers(0, classes, size)
    examples = Examples({"text": [f"text {i}" for i in range(size)]}, labels.tolist(), np.arange(1, size + 1))
    given = {
        "examples": examples,
        "labels": labels,
        "probabilities": random.dirichlet(np.ones(classes), size),
        "target": target,
        "lengths": random.integers(1, 30, size),
        "config": CONFIG,
        "settings": {"model": {"encoder": "lstm"}},
        "checks": {},
    }
    return {**given, **changes}


def test_probabilities_alone_suffice():
    report = build_report(**make())
    assert report.data["baseline"] is None
    assert report.data["comparison"] is None
    assert report.data["history"] == []
    assert "Against the baseline" not in report.html
    assert "Learning curves" not in report.html
    assert report.html.count("<svg") == 4


def test_a_baseline_is_compared_with():
    probabilities = np.random.default_rng(5).dirichlet(np.ones(2), 60)
    about = {"features": 12, "inverse_penalty": 10.0, "top_features": [{"class": "0", "features": [["dull", 2.0]]}]}
    report = build_report(**make(baseline_probabilities=probabilities, baseline=about))
    assert report.data["baseline"]["features"] == 12
    assert report.data["comparison"]["verdict"][1:] in report.html
    assert "dull" in report.html
    assert all("baseline_accuracy" in row for row in report.data["lengths"])


def test_labels_and_lengths_may_be_of_one_kind_only():
    same = make(size=4)
    same["labels"] = np.zeros(4, np.int64)
    same["lengths"] = np.full(4, 7)
    same["probabilities"] = np.tile([[0.9, 0.1]], (4, 1))
    report = build_report(**same)
    assert report.data["metrics"]["accuracy"]["value"] == 1
    assert report.data["metrics"]["roc_auc"]["value"] is None
    assert report.data["errors"] == []


@pytest.mark.parametrize("classes", [3, 15, 40])
def test_any_number_of_classes(classes):
    report = build_report(**make(classes=classes, size=200))
    assert len(report.data["confusion"]) == classes
    assert len(report.html) < 400_000


def test_a_report_on_100_000_rows_is_under_5_mb():
    """Aggregates alone: what is shown of single rows does not grow with their number."""
    report = build_report(**make(classes=3, size=100_000, config=EvaluateConfig(bootstrap=0)))
    assert len(report.html.encode()) < 5_000_000
    assert len(json.dumps(report.data)) < 5_000_000


def test_without_matplotlib_the_page_says_what_to_install(monkeypatch):
    monkeypatch.setattr(compose, "draw_plots", lambda data: None)
    report = build_report(**make())
    assert "<svg" not in report.html
    assert "pip install 'textrnn[plots]'" in report.html


def test_validation_scores_carry_a_warning():
    assert "they are optimistic" in build_report(**make(split="validation")).html
    assert "they are optimistic" not in build_report(**make()).html


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probabilities": np.full((60, 3), 1 / 3)}, r"expected probabilities \(60, 2\)"),
        ({"lengths": np.ones(5, np.int64)}, "score the same rows"),
        ({"labels": np.full(60, 2)}, "label 2"),
        ({"baseline_probabilities": np.full((59, 2), 0.5)}, "score the same rows"),
        ({"target": Target("number", ())}, "score the same rows"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(DataError, match=message):
        build_report(**make(**changes))
