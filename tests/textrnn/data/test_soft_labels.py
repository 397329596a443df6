"""Soft labels: read from columns, refused where they are none, mixed with the labels, learned."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import make_rows
from tiny import made_ids, model_config, predict_encoded, train_config

from textrnn import TextClassifier
from textrnn.config.data import DataConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.corpus import Corpus
from textrnn.data.load import load_corpus
from textrnn.data.row_digest import row_digest
from textrnn.data.soft_labels import CONFIDENCE, parse_soft_labels, soft_targets
from textrnn.data.target import Target
from textrnn.errors import ConfigError, DataError
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.ids import Ids
from textrnn.text.numericalize import numericalize
from textrnn.text.pseudo_labels import PseudoLabels, add_pseudo_labels
from textrnn.text.ragged import ragged
from textrnn.text.tokenize import tokenize
from textrnn.text.words import Words
from textrnn.training.train import train
from textrnn.training.use_soft_labels import use_soft_labels

ABC = Target("single", ("a", "b", "c"))
ROWS = [
    {"text": f"{text} {n}", "label": label, "sure": 0.7, "good": 0.8 if label == "good" else 0.1}
    for n, (text, label) in enumerate(make_rows(60))
]
ROWS = [{**row, "bad": 1 - float(row["good"])} for row in ROWS]


def write(folder: Path, rows: list[dict[str, object]]) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_what_is_not_confidence_is_spread_over_the_other_classes() -> None:
    found = soft_targets(ABC, np.array([1, 0, 2]), {CONFIDENCE: [0.8, math.nan, 0.0]})
    assert found is not None
    np.testing.assert_allclose(found, [[0.1, 0.8, 0.1], [1, 0, 0], [0.5, 0.5, 0]], atol=1e-7)
    assert found.dtype == np.float32
    assert soft_targets(ABC, np.array([1]), {}) is None


def test_probabilities_are_put_in_the_order_of_the_classes() -> None:
    soft = {"c": [0.5, math.nan], "a": [0.2, math.nan], "b": [0.3, math.nan]}
    found = soft_targets(ABC, np.array([2, 1]), soft)
    assert found is not None
    np.testing.assert_allclose(found, [[0.2, 0.3, 0.5], [0, 1, 0]], atol=1e-7)
    with pytest.raises(DataError, match="expected a column for each class, found none for 'b'"):
        soft_targets(ABC, np.array([2]), {"c": [0.5], "a": [0.5]})
    with pytest.raises(DataError, match="expected the names of classes, found 'd'"):
        soft_targets(ABC, np.array([2]), {**{name: [0.3] for name in "abc"}, "d": [0.1]})


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"good": -0.1, "bad": 1.1}, r"row 3.*column 'good': expected a probability from 0 to 1, found -0\.1"),
        ({"good": 0.5, "bad": 0.3}, r"row 3.*expected probabilities that sum to 1, found 0\.8 over 2 columns"),
        ({"good": 0.5, "bad": None}, r"row 3.*column 'bad'.*found an empty cell; fill in all or none"),
        ({"good": "high", "bad": 0.5}, "row 3.*column 'good': expected a number"),
        ({"sure": 70}, "row 3.*column 'sure': expected a confidence from 0 to 1.*found 70; percent: divide by 100"),
        ({"sure": -1}, "row 3.*column 'sure'"),
    ],
)
def test_a_row_that_is_no_soft_label_is_named(tmp_path: Path, row: dict[str, object], told: str) -> None:
    columns = {"confidence_column": "sure"} if "sure" in row else {"probability_columns": ("good", "bad")}
    source = write(tmp_path, [*ROWS[:2], {**ROWS[2], **row}, *ROWS[3:]])
    with pytest.raises(DataError, match=told):
        load_corpus(DataConfig(source, **columns))  # type: ignore[arg-type]
    corpus = load_corpus(DataConfig(source, on_bad_row="skip", **columns))  # type: ignore[arg-type]
    assert sum(map(len, corpus.splits.values())) == len(ROWS) - 1


def test_they_come_through_every_file_to_the_targets_of_training(tmp_path: Path) -> None:
    rows = [{**row, "label": None} if n % 2 else row for n, row in enumerate(ROWS)]
    config = DataConfig(write(tmp_path, rows), probability_columns=("good", "bad"))
    corpus = load_corpus(config)
    (tmp_path / "corpus").mkdir()
    corpus.save(tmp_path / "corpus")
    again = Corpus.load(tmp_path / "corpus")
    words = tokenize(again, TokenizeConfig())
    (tmp_path / "words").mkdir()
    words.save(tmp_path / "words")
    words = Words.load(tmp_path / "words")
    ids = numericalize(words, build_vocabulary(words, VocabularyConfig()))
    (tmp_path / "ids").mkdir()
    ids.save(tmp_path / "ids")
    ids = Ids.load(tmp_path / "ids")
    assert ids.target.classes == ("bad", "good")
    assert ids.soft is not None
    wanted = [[ROWS[row - 1]["bad"], ROWS[row - 1]["good"]] for row in again.splits["train"].rows.tolist()]
    np.testing.assert_allclose(ids.soft, np.array(wanted, dtype=float), atol=1e-6)
    likeliest = ids.soft.argmax(axis=1)
    assert np.array_equal(likeliest, ids.labels["train"]), "an empty label is the likeliest class"


@given(st.floats(0, 1), st.floats(0.2, 5))
def test_targets_are_distributions_between_the_soft_label_and_the_label(weight: float, temperature: float) -> None:
    soft = np.array([[0.2, 0.8], [0.5, 0.5]], np.float32)
    ids = replace(made_ids()[1], labels={"train": np.array([1, 0])}, soft=soft)
    found = use_soft_labels(ids, weight, temperature).labels["train"]
    if weight == 0:
        assert np.array_equal(found, [1, 0])
        return
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    powers = soft.astype(float) ** (1 / temperature)
    wanted = weight * powers / powers.sum(axis=1, keepdims=True) + (1 - weight) * np.array([[0, 1], [1, 0]])
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_without_soft_labels_nothing_changes() -> None:
    ids = made_ids()[1]
    assert use_soft_labels(ids, 1.0, 2.0) is ids


def test_pseudo_labels_stand_behind_them() -> None:
    ids = made_ids()[1]
    soft = np.full((len(ids.labels["train"]), 2), 0.5, np.float32)
    with_soft = use_soft_labels(replace(ids, soft=soft), 1.0, 1.0)
    found = add_pseudo_labels(with_soft, PseudoLabels(ragged([[2]]), np.array([[0.9, 0.1]], np.float32)))
    np.testing.assert_allclose(found.labels["train"], np.vstack([soft, [[0.9, 0.1]]]))


def test_the_network_learns_how_sure_it_may_be() -> None:
    ids = made_ids()[1]
    soft = np.where(np.eye(2)[ids.labels["train"]] > 0, 0.6, 0.4).astype(np.float32)
    settings = train_config(learning_rate=0.1, epochs=12, ema_decay=0.0)
    hard = predict_encoded(train(ids, model_config(), settings), ids.splits["train"])
    rows = use_soft_labels(replace(ids, soft=soft), 1.0, 1.0)
    gentle = predict_encoded(train(rows, model_config(), settings), ids.splits["train"])
    assert hard.max(axis=1).mean() > gentle.max(axis=1).mean() + 0.03
    assert gentle.max() < 0.8


def test_fit_takes_a_matrix() -> None:
    texts, labels = [row["text"] for row in ROWS], [row["label"] for row in ROWS]
    settings = {"embeddings.vectors": "none", "embeddings.size": 0, "ngram_branch.enabled": False}
    classifier = TextClassifier(settings=settings, epochs=4, hidden_size=4, embedding_size=4, learning_rate=0.05)
    even = np.full((len(ROWS), 2), 0.5)
    found = classifier.fit(texts, labels, soft_labels=even).predict_proba(texts)
    assert np.abs(found - 0.5).max() < 0.1, "what is even in every label is even in the predictions"
    for wrong, told in (
        (even[1:], r"soft_labels: expected numbers \(60, C\)"),
        (even * 2, "soft_labels, row 1 .*expected probabilities that sum to 1"),
        (np.where(np.arange(60)[:, None] == 4, np.nan, even), "soft_labels, row 5"),
        (np.full((60, 3), 1 / 3), "a column for each of 2 classes"),
        ([["a", "b"]] * 60, r"expected numbers \(N, C\)"),
    ):
        with pytest.raises(DataError, match=told):
            classifier.fit(texts, labels, soft_labels=wrong)
    assert parse_soft_labels(None, 3) is None


def test_a_label_that_a_person_put_right_has_no_soft_label(tmp_path: Path) -> None:
    source, row = write(tmp_path, ROWS), ROWS[4]
    other = "bad" if row["label"] == "good" else "good"
    check = row_digest(str(row["text"]), str(row["label"]))
    fixes = tmp_path / "fixes.csv"
    fixes.write_text(f"row,split,check,right_label,drop\n5,train,{check},{other},\n", encoding="utf-8")
    corpus = load_corpus(DataConfig(source, confidence_column="sure", fixes=str(fixes)))
    found = {
        number: sure
        for examples in corpus.splits.values()
        for number, sure in zip(examples.rows.tolist(), examples.soft[CONFIDENCE], strict=True)
    }
    assert math.isnan(found.pop(5))
    assert {*found.values()} == {0.7}


def test_settings_that_exclude_one_another_are_refused(tmp_path: Path) -> None:
    source = write(tmp_path, ROWS)
    with pytest.raises(ConfigError, match="found both"):
        load_corpus(DataConfig(source, confidence_column="sure", probability_columns=("good", "bad")))
    with pytest.raises(ConfigError, match=r'data\.confidence_column: expected a target with one class .* "number"'):
        load_corpus(DataConfig(source, confidence_column="sure", target="number"))
    with pytest.raises(ConfigError, match="probability_columns"):
        load_corpus(DataConfig(source, probability_columns=("good", "label")))
