"""What a report says is what the predictions were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.evaluation.measure import (
    measure_calibration,
    measure_classes,
    measure_confusion,
    measure_difference,
    measure_errors,
    measure_lengths,
    measure_scores,
)
from textrnn.evaluation.multilabel_measures import label_errors

TARGET = Target("single", ("bad", "good"))
LABELS = np.array([0, 0, 1, 1, 1])
PROBABILITIES = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.95, 0.05], [0.6, 0.4]])


def sure(labels, classes=2):
    return np.eye(classes)[labels] * 0.8 + 0.1


def test_scores_carry_intervals_round_their_value():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 400)
    probabilities = random.dirichlet(np.ones(2), 400)
    found = measure_scores(labels, probabilities, EvaluateConfig(bootstrap=300))
    assert set(found) == {"accuracy", "macro_f1", "log_loss", "roc_auc", "calibration_error"}
    assert found["calibration_error"]["low"] < found["calibration_error"]["high"]
    for name in set(found) - {"calibration_error"}:  # whose resamples lie rather high
        assert found[name]["low"] < found[name]["value"] < found[name]["high"]
    without = measure_scores(labels, probabilities, EvaluateConfig(bootstrap=0))
    assert without["accuracy"] == {"value": found["accuracy"]["value"], "low": None, "high": None}


def test_classes_and_confusion():
    predicted = PROBABILITIES.argmax(axis=1)
    rows = measure_classes(LABELS, predicted, TARGET, EvaluateConfig(bootstrap=0))
    assert rows[1] == {
        "name": "good",
        "precision": 0.5,
        "recall": pytest.approx(1 / 3),
        "f1": pytest.approx(0.4),
        "support": 3,
        "predicted": 2,
        "intervals": {},
    }
    found = measure_confusion(LABELS, predicted, TARGET)
    assert found["confusion"] == [[1, 1], [2, 1]]
    assert found["confused"] == [
        {"true": "good", "predicted": "bad", "count": 2, "share": pytest.approx(2 / 3)},
        {"true": "bad", "predicted": "good", "count": 1, "share": 0.5},
    ]


def test_a_class_has_the_middle_95_percent_of_its_resamples():
    random = np.random.default_rng(0)
    labels, predicted = random.integers(0, 2, 60), random.integers(0, 2, 60)
    rows = measure_classes(labels, predicted, TARGET, EvaluateConfig(bootstrap=200, seed=3))
    drawn = np.random.default_rng(3).integers(0, 60, (200, 60))
    for number, row in enumerate(rows):
        hit = (labels == number) & (predicted == number)
        for score, of in (("precision", predicted), ("recall", labels)):
            every = np.sort([hit[rows].sum() / (of[rows] == number).sum() for rows in drawn])
            low, high = row["intervals"][score]
            assert every[4] <= low <= every[5], "2.5 % of 200 lie below"
            assert every[194] <= high <= every[195]
        assert row["intervals"]["f1"][0] < row["f1"] < row["intervals"]["f1"][1]


def test_errors_are_the_surest_first():
    examples = Examples({"text": [f"t{i}" for i in range(5)]}, ["x"] * 5, np.arange(10, 60, 10))
    found = measure_errors(examples, LABELS, PROBABILITIES, TARGET, 2)
    assert [(row["row"], row["text"], row["true"], row["predicted"]) for row in found] == [
        (40, "t3", "good", "bad"),
        (20, "t1", "bad", "good"),
    ]
    assert found[0]["probability"] == 0.95
    assert found[0]["probability_of_true"] == 0.05
    assert len(measure_errors(examples, LABELS, PROBABILITIES, TARGET, 100)) == 3
    assert measure_errors(examples, LABELS, PROBABILITIES, TARGET, 0) == []


def test_errors_of_several_labels_say_where_there_are_none():
    examples = Examples({"text": ["t0", "t1", "t2"]}, [("bad",)] * 3, np.arange(1, 4))
    members = np.array([[1, 1], [0, 0], [0, 1]], bool)
    predictions = np.array([[0, 0], [1, 0], [0, 1]], bool)
    found = label_errors(examples, members, np.full((3, 2), 0.5), predictions, Target("multi", ("bad", "good")), 5)
    assert [(row["text"], row["true"], row["predicted"]) for row in found] == [
        ("t0", "bad, good", "none of them"),
        ("t1", "none of them", "bad"),
    ]


def test_long_texts_are_cut():
    examples = Examples({"text": ["word " * 1000] * 5}, ["x"] * 5, np.arange(5))
    text = measure_errors(examples, LABELS, PROBABILITIES, TARGET, 1)[0]["text"]
    assert len(text) <= 300
    assert text.endswith("…")


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_text_is_in_one_bin_of_lengths(data):
    size = data.draw(st.integers(1, 60))
    lengths = data.draw(arrays(np.int64, size, elements=st.integers(0, 20)))
    right = data.draw(arrays(bool, size))
    bins = measure_lengths(lengths, right, ~right)
    assert sum(row["count"] for row in bins) == size
    assert sum(row["count"] * row["accuracy"] for row in bins) == pytest.approx(right.sum())
    assert bins[0]["from"] == lengths.min()
    assert bins[-1]["to"] == lengths.max()
    for row in bins:
        inside = (lengths >= row["from"]) & (lengths <= row["to"])
        assert row["count"] == inside.sum() > 0
        assert row["baseline_accuracy"] == pytest.approx(1 - right[inside].mean())
        assert row["low"] <= row["accuracy"] <= row["high"]


def test_calibration_has_no_empty_bins():
    found = measure_calibration(LABELS, PROBABILITIES)
    assert sum(row["count"] for row in found["bins"]) == 5
    assert min(row["count"] for row in found["bins"]) == 1
    assert found["confidence"] == pytest.approx(PROBABILITIES.max(axis=1).mean())


@pytest.mark.parametrize(
    ("classifier_errors", "baseline_errors", "winner", "said"),
    [
        (20, 80, "classifier", "the classifier wins by 0.060 over the baseline (95 % 0.0"),
        (80, 20, "baseline", "the baseline wins by 0.060 over the classifier (95 % 0.0"),
        (
            50,
            52,
            None,
            "no difference shown: the classifier is ahead of the baseline by 0.002, which may be chance (95 % -0.0",
        ),
        (50, 50, None, "no difference shown: the classifier and the baseline are right equally often (95 % -0.0"),
    ],
)
def test_the_verdict_names_the_winner(classifier_errors, baseline_errors, winner, said):
    labels = np.zeros(1000, np.int64)
    ours, theirs = labels.copy(), labels.copy()
    ours[:classifier_errors] = 1
    theirs[-baseline_errors:] = 1
    found = measure_difference(labels, ours, theirs)
    assert found["winner"] == winner
    assert found["verdict"].startswith(said), found["verdict"]
    assert f"{found['low']:.3f}".strip("-") in found["verdict"]
    assert (found["only_classifier"], found["only_baseline"]) == (baseline_errors, classifier_errors)
    low, high = found["low"], found["high"]
    assert low < found["difference"] < high


def test_a_class_interval_is_that_of_resampled_examples():
    random = np.random.default_rng(5)
    labels = random.integers(0, 2, 400)
    predicted = np.where(random.random(400) < 0.8, labels, 1 - labels)
    row = measure_classes(labels, predicted, TARGET, EvaluateConfig(bootstrap=500, seed=1))[1]
    for name in ("precision", "recall", "f1"):
        low, high = row["intervals"][name]
        assert low < row[name] < high
    # of a share near 0.8 of about 200 examples, twice the standard error is 0.056
    low, high = row["intervals"]["recall"]
    assert 0.08 < high - low < 0.15


def test_right_on_the_same_examples_is_reported():
    labels = np.array([0, 1] * 20)
    found = measure_difference(labels, labels, labels)
    assert found["verdict"] == "no difference: the classifier and the baseline are right on the same examples"
    assert found["low"] is None


def test_all_right_is_no_certainty():
    """60 of 60: no resample differs, and Wilson's interval still reaches down to 0.94."""
    labels = np.array([0, 1] * 30)
    scores = measure_scores(labels, np.eye(2)[labels] * 0.8 + 0.1, EvaluateConfig(bootstrap=50))
    assert scores["accuracy"]["low"] == pytest.approx(0.9398, abs=1e-3)
    assert scores["accuracy"]["high"] == 1
    assert scores["macro_f1"]["low"] is None


def test_errors_name_the_row_and_its_id() -> None:
    target, ids = Target("single", (0, 1)), ["T-1", "", "T-3"]
    labels, said = np.array([0, 1, 0]), np.eye(2)[[1, 0, 0]]
    examples = Examples({"text": ["one", "two", "three"]}, [0, 1, 0], np.array([7, 8, 9]), ids=ids, headed=True)
    found = measure_errors(examples, labels, said, target, 5)
    assert [(row["row"], row["id"], row["place"]) for row in found] == [
        (7, "T-1", "row 7 after the header (id 'T-1')"),
        (8, "", "row 8 after the header"),
    ]
    plain = Examples(examples.columns, examples.labels, examples.rows)
    found = measure_errors(plain, labels, said, target, 5)
    assert "id" not in found[0]
    assert found[0]["place"] == "row 7 (counted from 1)"
