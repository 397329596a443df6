"""Answers for every kind of target, and for models that read columns: the JSON is what Python predicts."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from made_predictor import TARGETS, made_predictor

from textrnn.data.columns import Columns
from textrnn.data.tabular import fit_tabular
from textrnn.data.target import decode_labels
from textrnn.model.predictor import Predictor
from textrnn.serving.inference_answer import output_tensors, render_inference
from textrnn.serving.inference_request import InferenceRequest, read_inference
from textrnn.serving.limits import Limits
from textrnn.serving.openapi import example_inference
from textrnn.serving.predict_answer import render_answer
from textrnn.serving.predict_request import PredictRequest, read_request
from textrnn.serving.problems import Problem
from textrnn.serving.served_model import ServedModel

TEXTS = ["the soup was good", "", "the song was not good " * 9, "\ud800"]
LIMITS = Limits()


def served(predictor: Predictor) -> ServedModel:
    return ServedModel(predictor, "made", "0" * 64, {})


@pytest.mark.parametrize("kind", TARGETS)
def test_an_answer_is_what_python_predicts(kind: str) -> None:
    predictor = made_predictor(kind, max_tokens=20)
    found = predictor.predict_examples(TEXTS)
    answer = json.loads(render_answer(served(predictor), found, top=10))
    labels = decode_labels(predictor.target, found.predictions)
    key = {"multi": "labels", "number": "value"}.get(kind, "label")
    said = [each[key] for each in answer["predictions"]]
    assert said == [list(label) if kind == "multi" else label for label in labels]
    assert [each["cut"] for each in answer["predictions"]] == [False, False, True, False]
    for each, row in zip(answer["predictions"], found.probabilities, strict=True):
        if kind == "number":
            assert "classes" not in each
            continue
        shares = {one["label"]: one["probability"] for one in each["classes"]}
        assert [shares[name] for name in predictor.target.classes] == pytest.approx(row, abs=1e-6)
        ranked = [one["probability"] for one in each["classes"]]
        assert ranked == sorted(ranked, reverse=True)


def test_what_is_not_accepted_has_no_label() -> None:
    predictor = made_predictor("single")
    strict = dataclasses.replace(predictor, decision=dataclasses.replace(predictor.decision, min_confidence=1e5))
    answer = json.loads(render_answer(served(strict), strict.predict_examples(TEXTS), top=1))
    assert [each["label"] for each in answer["predictions"]] == [None] * len(TEXTS)
    assert not any(each["accepted"] for each in answer["predictions"])
    assert all(len(each["classes"]) == 1 for each in answer["predictions"])


@pytest.mark.parametrize("kind", TARGETS)
def test_tensors_are_what_python_predicts(kind: str) -> None:
    predictor = made_predictor(kind)
    model, found = served(predictor), predictor.predict_examples(TEXTS)
    asked = InferenceRequest(PredictRequest(list(TEXTS), 0), None, False, None)
    outputs = {each["name"]: each for each in json.loads(render_inference(model, found, asked)[0])["outputs"]}
    described = {each.name: each for each in output_tensors(model, None)}
    for name, output in outputs.items():
        assert output["datatype"] == described[name].datatype
        assert len(output["data"]) == np.prod(output["shape"])
        assert output["shape"][0] == len(TEXTS)
    values = outputs["value" if kind == "number" else "probabilities"]
    assert np.reshape(values["data"], (len(TEXTS), -1)) == pytest.approx(found.probabilities)
    if kind == "multi":
        assert np.array_equal(np.reshape(outputs["labels"]["data"], found.predictions.shape), found.predictions)


COLUMNS = Columns(text=("title", "body"), numeric=("price",), categorical=("shop",))
ROW = {"title": "good", "body": "so dull", "price": 3, "shop": "corner"}


@pytest.fixture(scope="module")
def columns_model() -> ServedModel:
    cells = {"price": [1.0, 2.0, 5.0], "shop": ["corner", "web", "corner"]}
    return served(made_predictor("single", columns=COLUMNS, tabular=fit_tabular(cells, ("price",), ("shop",), 10)))


def test_rows_are_read_as_python_reads_them(columns_model: ServedModel) -> None:
    rows = [ROW, {"title": "good", "body": None}, {**ROW, "price": "4.5", "other": [1]}, {**ROW, "shop": 7}]
    asked = read_request({"rows": rows}, COLUMNS, LIMITS)
    assert asked.examples[1] == ("good", "", None, None)
    assert asked.characters == sum(len(each) for row in asked.examples for each in row if isinstance(each, str))
    expected = columns_model.text_predictor.predict_proba(rows)
    assert columns_model.predictor.predict_examples(asked.examples).probabilities == pytest.approx(expected)
    tensors = read_inference(json.dumps(example_inference(columns_model)).encode(), None, COLUMNS, LIMITS)
    example = read_request(columns_model.example, COLUMNS, LIMITS)
    assert tensors.predict.examples == example.examples


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"price": "sentinel"}, "/rows/0/price"),
        ({"price": 1e16}, "/rows/0/price"),
        ({"price": float("inf")}, "/rows/0/price"),
        ({"price": [1]}, "/rows/0/price"),
        ({"shop": 1.5}, "/rows/0/shop"),
        ({"shop": "x" * 1001}, "/rows/0/shop"),
        ({"title": 31415926}, "/rows/0/title"),
    ],
)
def test_cells_that_are_wrong_are_named_and_not_repeated(change: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Problem) as caught:
        read_request({"rows": [{**ROW, **change}]}, COLUMNS, LIMITS)
    assert caught.value.status == 422
    assert caught.value.pointer == pointer
    assert "sentinel" not in caught.value.detail
    assert "31415926" not in caught.value.detail


def test_a_text_alone_is_refused_where_columns_are_read() -> None:
    for body in ({"text": "a"}, {"texts": ["a"]}, {"rows": [{"title": "a"}]}):
        with pytest.raises(Problem):
            read_request(body, COLUMNS, LIMITS)
