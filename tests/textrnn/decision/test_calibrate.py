"""Vector scaling where the classes need it, temperature where they do not; the error of either on held-out folds."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.calibrate import calibrate
from textrnn.decision.decision import combine_logits, compute_scores
from textrnn.metrics.softmax import softmax

TARGET = Target("single", ("a", "b", "c"))


def drawn(true: np.ndarray, seed: int = 0) -> np.ndarray:
    """Labels of rows with the `true` logits."""
    chance = np.random.default_rng(seed)
    return np.array([chance.choice(true.shape[1], p=row) for row in softmax(true)])


def test_a_class_that_is_too_loud_gets_a_scale_and_an_offset_of_its_own() -> None:
    true = np.random.default_rng(1).normal(0, 2, (1200, 3))
    shown = true * [1.0, 1.8, 0.6] + [0.0, 1.5, -1.0]
    logits = BranchLogits(shown, np.zeros_like(shown))
    found = calibrate(logits, drawn(true), TARGET, has_ngrams=False)
    assert found.calibration.method == "vector"
    combined = combine_logits(found, logits)
    apart = (combined - combined[:, :1]) - (true - true[:, :1])
    assert np.abs(apart).mean() < 0.5, "it gives back the logits that the labels were drawn by"
    assert np.abs(compute_scores(found, logits) - softmax(true)).mean() < 0.03
    before, after = found.calibration.before, found.calibration.after
    assert before is not None
    assert after is not None
    assert after.value < before.low
    assert before.low <= before.value <= before.high


@pytest.mark.parametrize("rows", [1200, 100, 10])
def test_logits_that_are_too_large_alike_need_a_temperature(rows: int) -> None:
    true = np.random.default_rng(2).normal(0, 2, (rows, 3))
    logits = BranchLogits(true * 3, np.zeros_like(true))
    found = calibrate(logits, drawn(true), TARGET, has_ngrams=False)
    assert found.calibration.method == "temperature"
    assert not found.calibration.scales
    assert (found.calibration.before is None) == (rows < 50)
    if rows == 1200:
        assert found.recurrent == pytest.approx(1 / 3, rel=0.15)


def test_several_labels_have_an_error_and_numbers_none() -> None:
    true = np.random.default_rng(3).normal(0, 2, (300, 3))
    logits = BranchLogits(true * 4, true * 0)
    labels = (np.random.default_rng(4).random(true.shape) < 1 / (1 + np.exp(-true))).astype(np.float32)
    found = calibrate(logits, labels, Target("multi", ("a", "b", "c")), has_ngrams=False)
    assert found.calibration.after is not None
    assert found.calibration.before is not None
    assert found.calibration.after.value < found.calibration.before.value
    numbers = BranchLogits(true[:, :1], true[:, :1] * 0)
    assert calibrate(numbers, true[:, 0], Target("number", ()), has_ngrams=False).calibration.before is None
