"""Precision by recall is scikit-learn's, and the point is that of the predictions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, precision_score, recall_score

from textrnn.data.target import Target
from textrnn.evaluation.precision_recall import MAX_POINTS, measure_precision_recall


def test_each_of_two_classes_has_the_curve_of_sklearn() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 500)
    second = np.clip(labels * 0.3 + random.random(500) * 0.7, 0, 1).round(2)  # with ties
    scores = np.stack([1 - second, second], axis=1)
    predictions = (second > 0.6).astype(np.int64)
    curves = measure_precision_recall(labels, scores, predictions, Target("single", ("no", "yes")))
    assert [curve["name"] for curve in curves] == ["no", "yes"]
    for label, curve in enumerate(curves):
        precision, recall, _ = precision_recall_curve(labels == label, scores[:, label])
        known = set(zip(recall.round(9).tolist(), precision.round(9).tolist(), strict=True))
        assert {(round(x, 9), round(y, 9)) for x, y in curve["points"]} <= known
        assert 10 < len(curve["points"]) <= MAX_POINTS
        assert curve["points"][-1][0] == 1
        judged = {"y_true": labels == label, "y_pred": predictions == label}
        assert curve["chosen"] == pytest.approx([recall_score(**judged), precision_score(**judged)])


def test_more_classes_or_several_labels_are_one_curve_and_numbers_none() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 5, 200)
    scores = random.dirichlet(np.ones(5), 200)
    (curve,) = measure_precision_recall(labels, scores, scores.argmax(axis=1), Target("single", tuple("abcde")))
    accuracy = float((scores.argmax(axis=1) == labels).mean())
    assert curve["chosen"] == pytest.approx([accuracy, accuracy])
    members = (random.random((200, 3)) < 0.3).astype(np.float32)
    (nothing,) = measure_precision_recall(
        members, random.random((200, 3)), np.zeros((200, 3), bool), Target("multi", tuple("abc"))
    )
    assert nothing["chosen"] is None
    values = random.random(9)
    assert measure_precision_recall(values, values[:, None], values, Target("number", (), 0.0, 1.0)) == []
