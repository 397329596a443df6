"""Calibration errors before and after: each of its own scores, with intervals over texts."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.calibration import Calibration, CalibrationError
from textrnn.decision.decision import Decision
from textrnn.evaluation.measure import measure_calibration, measure_scores
from textrnn.evaluation.plots import draw_reliability
from textrnn.evaluation.reliability import Calibrating, before_calibration, measure_reliability
from textrnn.evaluation.sections.reliability import show_reliability
from textrnn.metrics.losses import sigmoid
from textrnn.metrics.softmax import softmax

SIZE, CONFIG = 400, EvaluateConfig(bootstrap=60)
FITTED = Calibration("vector", (1.0,), (0.0,), 90, CalibrationError(0.31, 0.3, 0.32), CalibrationError(0.11, 0.1, 0.12))


def make(kind: Any, outputs: int = 3) -> tuple[Target, Any, Any, Any]:
    """Labels drawn from the scores `after`; those `before` are too certain."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 1.2, (SIZE, outputs))
    target = Target(kind, tuple("abcdefgh"[:outputs]))
    if kind == "multi":
        after = sigmoid(logits)
        return target, (random.random(after.shape) < after).astype(np.float32), sigmoid(4 * logits), after
    after = softmax(logits)
    labels = (random.random((SIZE, 1)) < after.cumsum(axis=1)).argmax(axis=1)
    return target, labels, softmax(4 * logits), after


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_before_is_before_and_after_is_after(kind: str) -> None:
    target, labels, before, after = make(kind)
    found = measure_reliability(labels, after, target, CONFIG, Calibrating(before, FITTED))
    assert found is not None
    assert found["before"]["expected_error"] > 3 * found["expected_error"]
    for scores, measured in ((after, found), (before, found["before"])):
        pair: tuple[Any, Any] = labels, scores
        if kind == "multi":
            pair = labels.ravel().astype(int), np.stack([1 - scores.ravel(), scores.ravel()], axis=1)
        expected = measure_calibration(*pair)
        assert {name: measured[name] for name in expected} == expected
        assert measured["low"] < measured["high"] < measured["low"] + 0.2
        assert measured["low"] - 0.02 < measured["expected_error"] < measured["high"]
    assert found["before"]["low"] > found["high"]
    assert found["fitted"]["before"]["value"] == 0.31
    assert set(found["fitted"]) == {"method", "rows", "before", "after"}


def test_the_interval_of_a_class_a_text_is_that_among_the_scores() -> None:
    target, labels, before, after = make("single")
    found = measure_reliability(labels, after, target, CONFIG, Calibrating(before, Calibration()))
    score = measure_scores(labels, after, CONFIG, target=target)["calibration_error"]
    assert found is not None
    assert (found["expected_error"], found["low"], found["high"]) == pytest.approx(tuple(score.values()))
    assert found["fitted"] is None


def test_labels_of_one_text_are_drawn_together() -> None:
    """Texts that have each label ten times: as uncertain as with each label once."""
    target, labels, _, after = make("multi", 1)
    once = measure_reliability(labels, after, target, CONFIG)
    ten = Target("multi", tuple("abcdefghij"))
    often = measure_reliability(np.repeat(labels, 10, 1), np.repeat(after, 10, 1), ten, CONFIG)
    assert once is not None
    assert often is not None
    assert (once["low"], once["high"]) == pytest.approx((often["low"], often["high"]))


def test_before_takes_the_logits_of_both_branches_as_they_are() -> None:
    logits = BranchLogits(np.array([[4.0, 0.0]]), np.array([[0.0, 2.0]]))
    found = before_calibration(Decision(0.1, 0.7, calibration=FITTED), logits, has_ngrams=True)
    assert found is not None
    assert found.before == pytest.approx(softmax(np.array([[2.0, 1.0]])))
    assert found.fitted is FITTED
    alone = before_calibration(Decision(0.1, 0.0), logits, has_ngrams=False)
    assert alone is not None
    assert alone.before == pytest.approx(softmax(logits.recurrent))
    assert before_calibration(Decision(rule="value"), logits, has_ngrams=True) is None
    assert measure_reliability(np.ones(3), np.ones((3, 1)), Target("number", ()), CONFIG) is None


def cells(page: str) -> list[list[tuple[str, str]]]:
    rows = re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", page)
    return [re.findall(r'data-head="([^"]*)">([^<]*)<', row) for row in rows]


def test_the_page_shows_each_where_its_head_says() -> None:
    target, labels, before, after = make("single")
    found = measure_reliability(labels, after, target, CONFIG, Calibrating(before, FITTED))
    assert found is not None
    data: dict[str, Any] = {"calibration": found, "split": "test", "examples": SIZE, "target": target.to_json()}
    page = show_reliability(data, {"reliability": draw_reliability(found["bins"], found["before"]["bins"])})
    here, validation = cells(page)
    assert here[1] == ("Error before", f"{found['before']['expected_error']:.3f}")
    assert here[2] == ("Error after", f"{found['expected_error']:.3f}")
    assert [value for _, value in validation] == ["90", "0.310", "0.110"]
    assert page.index("0.300 to 0.320") < page.index("0.100 to 0.120")
    assert "before calibration" in page
    assert "a scale and an offset for each class" in page

    alone = measure_reliability(labels, after, target, CONFIG)
    assert alone is not None
    assert alone["before"] is None
    page = show_reliability({**data, "calibration": alone}, None)
    assert cells(page)[0][1][0] == "Calibration error"
    assert "<svg" not in page
    assert show_reliability({**data, "calibration": None}, {}) == ""
