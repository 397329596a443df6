"""Two models on the same rows: scores, test and the texts on which they differ are those of other libraries."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import f1_score, mean_absolute_error

from pipelines.runs.comparison import ModelPredictions, compare_predictions
from pipelines.runs.differing_texts import COLUMNS, find_differing, write_differing
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples

FEW = EvaluateConfig(bootstrap=50)


def rows_of(labels: list[Any]) -> Examples:
    texts = {"text": [f"text {i}" for i in range(len(labels))]}
    return Examples(texts, labels, np.arange(1, len(labels) + 1), {}, [f"T{i}" for i in range(len(labels))])


def classes(predicted: list[str], names: tuple[str, ...]) -> ModelPredictions:
    """What a model of the classes `names` says, each with the probability 0.6 and more."""
    codes = np.array([names.index(name) for name in predicted], np.int64)
    scores = np.full((len(codes), len(names)), 0.1)
    scores[np.arange(len(codes)), codes] = 0.6 + np.arange(len(codes)) / (10 * len(codes) + 10)
    return ModelPredictions(list(predicted), scores, names, codes)


LETTERS = st.lists(st.tuples(*[st.sampled_from("xyz")] * 3), min_size=1, max_size=40)


@settings(max_examples=40, deadline=None)
@given(LETTERS)
def test_one_class_a_text(rows: list[tuple[str, str, str]]) -> None:
    labels, said_a, said_b = map(list, zip(*rows, strict=True))
    examples, a, b = rows_of(labels), classes(said_a, tuple("xyz")), classes(said_b, tuple("xyz"))
    found = compare_predictions("single", examples, a, b, FEW)
    hits = [np.array([label == said for label, said in zip(labels, each, strict=True)]) for each in (said_a, said_b)]
    assert found.scores["a"]["value"] == pytest.approx(hits[0].mean())
    assert found.scores["b"]["value"] == pytest.approx(hits[1].mean())
    only_a, only_b = int((hits[0] & ~hits[1]).sum()), int((hits[1] & ~hits[0]).sum())
    assert (found.test["only_a"], found.test["only_b"]) == (only_a, only_b)
    p_value = binomtest(only_b, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert found.test["p_value"] == pytest.approx(p_value, abs=1e-9)
    assert found.test["winner"] == (None if p_value >= 0.05 else "b" if only_b > only_a else "a")
    turned = compare_predictions("single", examples, b, a, FEW)
    assert turned.test["difference"] == pytest.approx(-found.test["difference"])
    assert turned.test["p_value"] == found.test["p_value"]

    differing = find_differing(examples, a, b, found)
    assert {text.row for text in differing} == {i + 1 for i, (_, x, y) in enumerate(rows) if x != y}
    ranks = [("a", "b", "neither").index(text.right) for text in differing]
    assert ranks == sorted(ranks)
    for text in differing:
        label, x, y = rows[text.row - 1]
        assert (text.label, text.a, text.b, text.id) == (label, x, y, f"T{text.row - 1}")
        assert text.right == ("a" if x == label else "b" if y == label else "neither")
        assert text.a_probability == pytest.approx(a.scores[text.row - 1].max())


def test_a_class_that_one_model_does_not_know_counts_as_wrong_for_it() -> None:
    examples = rows_of(["x", "y", "new", "new"])
    a, b = classes(["x", "y", "x", "y"], ("x", "y")), classes(["x", "y", "new", "new"], ("new", "x", "y"))
    found = compare_predictions("single", examples, a, b, FEW)
    assert (found.scores["a"]["value"], found.scores["b"]["value"], found.test["only_b"]) == (0.5, 1.0, 2)
    assert found.scores["b"]["high"] == 1.0
    assert "B is ahead of A by 0.500" in found.verdict
    assert found.verdict.endswith("p = 0.50")


def test_several_labels_a_text_with_a_class_of_one_model_alone() -> None:
    chance = np.random.default_rng(0)
    names_a, names_b = ("x", "y"), ("new", "x", "y")
    truth = chance.random((60, 3)) < 0.4
    labels = [tuple(name for name, has in zip(names_b, row, strict=True) if has) for row in truth]
    scores_b = np.clip(truth * 0.5 + chance.random((60, 3)) * 0.7, 0, 1)
    scores_a = np.clip(truth[:, 1:] * 0.2 + chance.random((60, 2)) * 0.9, 0, 1)
    answers = [
        ModelPredictions([(), *[("x",)] * 59], scores, names, scores > 0.5)
        for scores, names in ((scores_a, names_a), (scores_b, names_b))
    ]
    found = compare_predictions("multi", rows_of(labels), answers[0], answers[1], FEW)
    wide = np.concatenate([np.zeros((60, 1), bool), scores_a > 0.5], axis=1)
    macro = {name: f1_score(truth, said, average="macro", zero_division=0) for name, said in
             (("a", wide), ("b", scores_b > 0.5))}  # fmt: skip
    for name in "ab":
        assert found.scores[name]["value"] == pytest.approx(macro[name])
    assert found.test["difference"] == pytest.approx(macro["b"] - macro["a"])
    assert (found.test["winner"], found.test["p_value"], found.test["test"]) == ("b", None, "paired bootstrap")


def test_numbers_by_their_distance() -> None:
    chance = np.random.default_rng(1)
    truth = chance.normal(size=80)
    said = [truth + chance.normal(scale=scale, size=80) for scale in (0.2, 0.5)]
    a, b = (ModelPredictions([float(x) for x in each], each[:, None], ("value",), each) for each in said)
    found = compare_predictions("number", rows_of([float(x) for x in truth]), a, b, FEW)
    off = [mean_absolute_error(truth, each) for each in said]
    assert found.scores["a"]["value"] == pytest.approx(off[0])
    assert found.test["difference"] == pytest.approx(off[0] - off[1])
    assert found.test["winner"] == "a"
    assert "A wins with a mean absolute error that is" in found.verdict
    differing = find_differing(rows_of([float(x) for x in truth]), a, b, found)
    gaps = [abs(float(text.a) - float(text.b)) for text in differing]
    assert len(gaps) == 80
    assert gaps[0] == pytest.approx(max(gaps), abs=1e-4)


def test_the_file_of_differing_texts_is_read_back_whatever_the_texts_hold(tmp_path: Path) -> None:
    labels = ["x", "y", "x"]
    examples = Examples({"text": ['a "quoted", text', "two\nlines", "=数据 \ud800"]}, labels, np.arange(1, 4))
    a, b = classes(["x", "x", "x"], ("x", "y")), classes(["y", "y", "y"], ("x", "y"))
    found = find_differing(examples, a, b, compare_predictions("single", examples, a, b, FEW))
    write_differing(found, tmp_path / "differ.csv")
    with open(tmp_path / "differ.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert {row["text"] for row in rows} == {'a "quoted", text', "two\nlines", "'=数据 ?"}
    assert [row["right"] for row in rows] == ["a", "a", "b"]
    assert [row["id"] for row in rows] == ["", "", ""]
