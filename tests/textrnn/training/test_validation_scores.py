"""Scores on validation are scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss, mean_squared_error, r2_score

from textrnn.data.target import Target
from textrnn.metrics.softmax import softmax
from textrnn.training.validation_scores import validation_scores

CHANCE = np.random.default_rng(0)
WEIGHTS = [None, CHANCE.uniform(0.5, 2.0, 50)]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_of_one_class_a_text(weights: np.ndarray | None) -> None:
    logits, labels = CHANCE.normal(0, 2, (50, 3)), CHANCE.integers(0, 3, 50)
    found = validation_scores(Target("single", ("a", "b", "c")), logits, labels, weights)
    assert found == {
        "loss": pytest.approx(log_loss(labels, softmax(logits), sample_weight=weights)),
        "accuracy": pytest.approx(accuracy_score(labels, logits.argmax(axis=1), sample_weight=weights)),
    }
    far = validation_scores(Target("single", ("a", "b", "c")), logits + 1e4, labels, weights)
    assert far["loss"] == pytest.approx(found["loss"]), "large logits do not overflow"


@pytest.mark.parametrize("weights", WEIGHTS)
def test_of_several_labels_a_text(weights: np.ndarray | None) -> None:
    logits, labels = CHANCE.normal(0, 2, (50, 2)), CHANCE.integers(0, 2, (50, 2)).astype(np.float32)
    sure = 1 / (1 + np.exp(-logits))
    found = validation_scores(Target("multi", ("a", "b")), logits, labels, weights)
    losses = [log_loss(labels[:, c], sure[:, c], sample_weight=weights) for c in range(2)]
    assert found == {
        "loss": pytest.approx(np.mean(losses)),
        "micro_f1": pytest.approx(f1_score(labels, logits > 0, average="micro", sample_weight=weights)),
    }
    nothing = np.zeros((3, 2), np.float32)
    assert validation_scores(Target("multi", ("a", "b")), nothing - 1, nothing)["micro_f1"] == 1


@pytest.mark.parametrize("weights", WEIGHTS)
def test_of_numbers(weights: np.ndarray | None) -> None:
    target, numbers, said = Target("number", (), 5.0, 2.0), CHANCE.normal(5, 2, 50), CHANCE.normal(0, 1, (50, 1))
    found = validation_scores(target, said, numbers, weights)
    units = (numbers - 5) / 2
    assert found == {
        "loss": pytest.approx(mean_squared_error(units, said[:, 0], sample_weight=weights)),
        "r2": pytest.approx(r2_score(units, said[:, 0], sample_weight=weights)),
    }
