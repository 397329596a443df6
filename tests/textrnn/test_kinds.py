"""From raw rows to a loaded model, for every kind of target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classifiers import text_classifier
from made_kinds import make_feelings, make_stars, make_wishes

from textrnn import TextClassifier
from textrnn.errors import ConfigError, DataError

SMALL: dict[str, Any] = {
    "embedding_size": 24, "hidden_size": 24, "model.word_dropout": 0.0, "model.embedding_dropout": 0.0, "dropout": 0.1,
    "vectors": "none", "batch_size": 16, "epochs": 8, "learning_rate": 0.01, "train.ema_decay": 0.9, "max_tokens": 30,
}  # fmt: skip


def rows_of(kind: str, rows: int, seed: int) -> tuple[list[str], list[Any]]:
    make = {"multi": make_feelings, "path": make_wishes}.get(kind, make_stars)
    column = {"multi": "labels", "path": "label"}.get(kind, "stars")
    made = make(rows, seed=seed)
    return [row["text"] for row in made], [row[column] for row in made]


@pytest.fixture(scope="module")
def fitted() -> dict[str, TextClassifier]:
    found = {}
    for kind in ("multi", "number", "ordinal", "path"):
        texts, labels = rows_of(kind, 300, 0)
        found[kind] = text_classifier(SMALL, target=kind).fit(texts, labels)
    return found


@pytest.mark.parametrize(
    ("kind", "min_confidence"), [("multi", 0.9), ("number", 0.85), ("ordinal", 0.5), ("path", 0.95)]
)
def test_it_learns_and_a_loaded_model_says_the_same(
    kind: str, min_confidence: float, fitted: dict[str, TextClassifier], tmp_path: Path
) -> None:
    texts, labels = rows_of(kind, 100, 1)
    model = fitted[kind]
    assert model.score(texts, labels) > min_confidence
    again = TextClassifier.load(model.save(tmp_path / "model"))
    assert again.target == kind
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert ("gives a number." in card, "a probability for each of" in card) == (kind == "number", kind != "number")
    np.testing.assert_array_equal(model.predict_proba(texts), again.predict_proba(texts))
    assert model.predict(texts).tolist() == again.predict(texts).tolist()
    assert model.predict(texts).shape == (100,)


def test_several_labels_are_tuples_that_reach_their_thresholds(fitted: dict[str, TextClassifier]) -> None:
    texts, _ = rows_of("multi", 50, 2)
    model = fitted["multi"]
    said, chosen = model.predict_proba(texts), model.predict(texts)
    thresholds = np.array(model._fitted().decision.thresholds)
    for row, labels in zip(said, chosen, strict=True):
        assert labels == tuple(str(name) for name in model.classes_[row >= thresholds])


def test_an_ordinal_prediction_is_the_middle_one(fitted: dict[str, TextClassifier]) -> None:
    texts, labels = rows_of("ordinal", 200, 2)
    model = fitted["ordinal"]
    said = model.predict_proba(texts)
    middle = model.classes_[(said.cumsum(axis=1) >= 0.5).argmax(axis=1)]
    assert model.predict(texts).tolist() == middle.tolist()
    off = np.abs(model.predict(texts) - np.array(labels)).mean()
    assert off <= np.abs(model.classes_[said.argmax(axis=1)] - np.array(labels)).mean() + 0.02


def test_numbers_come_in_their_own_units() -> None:
    texts, stars = rows_of("number", 300, 0)
    model = text_classifier(SMALL, target="number").fit(texts, [1e6 + 1000 * star for star in stars])
    held, true = rows_of("number", 60, 1)
    assert np.abs(model.predict(held) - (1e6 + 1000 * np.array(true))).mean() < 600


def test_a_rare_class_is_found_where_classes_are_balanced() -> None:
    texts, labels = rows_of("path", 400, 0)
    rare = labels[0]
    first = [i for i, label in enumerate(labels) if label == rare][:12]
    kept = [i for i, label in enumerate(labels) if label != rare or i in first]
    texts, labels = [texts[i] for i in kept], ["rare" if labels[i] == rare else "common" for i in kept]
    held, true = rows_of("path", 300, 1)
    wanted = np.array([label == rare for label in true])
    shares = {}
    for name, changes in {
        "plain": {},
        "weights": {"class_weight": "balanced"},
        "sampling": {"train.sampling": "balanced"},
    }.items():
        small: dict[str, Any] = {**SMALL, "epochs": 2, "ngram_branch.enabled": False, **changes}
        said = text_classifier(small).fit(texts, labels).predict_proba(held)[:, 1]
        shares[name] = said[wanted].mean()
    assert shares["weights"] > shares["plain"]
    assert shares["sampling"] > shares["plain"]


@pytest.mark.parametrize(
    ("settings", "labels", "said"),
    [
        ({"target": "number"}, ["one", "two"], "row 1.*expected a number"),
        ({"target": "multi"}, [["a"], "b,c"], None),
        (
            {"target": "multi", "self_training.teachers": 1},
            [["a"], []],
            r'^settings\["self_training\.teachers"\]: .*target = "multi"',
        ),
        ({"target": "number", "train.sampling": "balanced"}, [1, 2], r'^settings\["train\.sampling"\]: '),
        ({"target": "number", "decision.coverage": 0.9}, [1, 2], r'^settings\["decision\.coverage"\]: '),
        ({"classes": ("a", "b")}, ["a", "b"], "^classes: "),
        ({"target": "ordinal"}, ["a", "b"], "the lowest first"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(settings: dict[str, Any], labels: list[Any], said: str | None) -> None:
    texts = [f"text {i}" for i in range(40)]
    model = text_classifier({**SMALL, "epochs": 1, **settings})
    if said is None:
        assert model.fit(texts, labels * 20).predict(texts).dtype == object
        return
    with pytest.raises((ConfigError, DataError), match=said) as caught:
        model.fit(texts, labels * 20)
    assert "\n" not in str(caught.value)
