"""Columns beside the text, from raw rows to a loaded model: every model reads them, and what is saved says the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classifiers import text_classifier
from made_goods import make_goods

from textrnn import TextClassifier
from textrnn.config.baseline import BaselineConfig
from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.columns import Columns
from textrnn.data.load import corpus_of
from textrnn.errors import ConfigError, DataError, ModelError
from textrnn.linear.fit_baseline import fit_baseline
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import ngram_logits
from textrnn.model.folder import load_predictor
from textrnn.storage.files import write_manifest
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.numericalize import numericalize
from textrnn.text.tokenize import tokenize

COLUMNS: dict[str, Any] = {"text_column": ["title", "body"], "numeric": ["price"], "categorical": ["shop"]}
SMALL: dict[str, Any] = {
    "embedding_size": 16, "hidden_size": 16, "model.word_dropout": 0.0, "model.embedding_dropout": 0.0, "dropout": 0.1,
    "vectors": "none", "batch_size": 16, "epochs": 8, "learning_rate": 0.01, "train.ema_decay": 0.9, "max_tokens": 30,
    "train.precision": "float32",
}  # fmt: skip


def labels_of(rows: list[dict[str, Any]]) -> list[str]:
    return [row["label"] for row in rows]


@pytest.fixture(scope="module")
def fitted() -> TextClassifier:
    rows = make_goods(600)
    return text_classifier({**COLUMNS, **SMALL}).fit(rows, labels_of(rows))


@pytest.fixture
def folder(fitted: TextClassifier, tmp_path: Path) -> Path:
    return fitted.save(tmp_path / "model")


def test_it_is_better_with_them_than_without(fitted: TextClassifier) -> None:
    train, test = make_goods(600), make_goods(300, seed=1)
    blind = text_classifier(SMALL, text_column=["title", "body"]).fit(train, labels_of(train))
    assert fitted.score(test, labels_of(test)) > blind.score(test, labels_of(test)) + 0.1
    title = text_classifier({**COLUMNS, **SMALL}, text_column="title").fit(train, labels_of(train))
    assert fitted.score(test, labels_of(test)) > title.score(test, labels_of(test)) + 0.1


@pytest.mark.filterwarnings("ignore::textrnn.errors.TrainingWarning")
@pytest.mark.parametrize(
    ("text", "numeric", "categorical"),
    [
        (["words"], [], []),
        (["title", "body"], [], []),
        (["body"], ["price"], []),
        (['the "title"', "a\nb\\"], ["price, \u4ef7\u683c"], ["shop's"]),
    ],
)
def test_the_example_in_the_readme_of_a_model_runs(
    text: list[str], numeric: list[str], categorical: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands there, whatever columns the model reads; all of several are named, with what they hold."""
    rows = [
        {name: f"a {name} {'good' if i % 2 else 'bad'} {i}" for name in text}
        | dict.fromkeys(numeric, i / 3)
        | dict.fromkeys(categorical, "xy"[i % 2])
        for i in range(30)
    ]
    model = text_classifier(SMALL, text_column=text, numeric=numeric, categorical=categorical, epochs=1)
    folder = model.fit(rows, [f"class {i % 2}" for i in range(30)]).save(tmp_path / "this" / "folder")
    card = (folder / "README.md").read_text(encoding="utf-8")
    asked = {json.dumps(name, ensure_ascii=False) for name in (*text, *numeric, *categorical)}
    assert all(name in card for name in asked) == (len(asked) > 1)
    assert card.count("(number)") == len(numeric)
    monkeypatch.chdir(tmp_path)
    assert run_example(card)[0] in {"class 0", "class 1"}


def run_example(card: str) -> Any:
    """What the last line of the example in a model card gives."""
    first, last = (line[4:] for line in card.splitlines() if line.startswith("    "))
    names: dict[str, Any] = {}
    exec(first, names)
    return eval(last, names)


def test_a_loaded_model_says_the_same_whatever_the_shape_of_the_table(fitted: TextClassifier, folder: Path) -> None:
    rows = make_goods(80, seed=2)
    again = TextClassifier.load(folder)
    assert (again.text_column, again.numeric, again.categorical) == (("title", "body"), ("price",), ("shop",))
    table = {name: [row[name] for row in rows] for name in ("shop", "price", "title", "body")}
    wanted = fitted.predict_proba(rows)
    np.testing.assert_array_equal(again.predict_proba(table), wanted)
    order = np.random.default_rng(0).permutation(len(rows))
    np.testing.assert_allclose(again.predict_proba([rows[i] for i in order]), wanted[order], atol=1e-6)
    for name, other in {"price": 999.0, "shop": "outlet", "title": "", "body": ""}.items():
        changed = again.predict_proba([row | {name: other} for row in rows])
        assert np.abs(changed - wanted).max() > 1e-3, f"{name} is not read"


def test_both_linear_models_read_them() -> None:
    rows = make_goods(600)
    cells = [(row["title"], row["body"], row["price"], row["shop"]) for row in rows]
    scores = {}
    for columns in (Columns(("title", "body"), "label", ("price",), ("shop",)), Columns(("title", "body"))):
        asked = [row[: len(columns.inputs)] for row in cells]
        corpus = corpus_of(asked, labels_of(rows), columns=columns, validation_fraction=0.3)
        words = tokenize(corpus, TokenizeConfig())
        labels, tabular = words.labels["validation"], words.tabular.get("validation")
        for name in ("tfidf", "nb"):
            predicted = fit_baseline(words, BaselineConfig(candidates=(name,))).scores["validation"]  # type: ignore[arg-type]
            scores[name, columns.text_only or bool(columns.tabular)] = (predicted.argmax(axis=1) == labels).mean()
        ids = numericalize(words, build_vocabulary(words, VocabularyConfig()))
        predicted = ngram_logits(fit_ngram_branch(ids, NgramBranchConfig()), ids.splits["validation"], tabular)
        scores["ngram_branch", bool(columns.tabular)] = (predicted.argmax(axis=1) == labels).mean()
    for name in ("tfidf", "nb", "ngram_branch"):
        assert scores[name, True] > scores[name, False] + 0.03, scores


@pytest.mark.parametrize("kind", ["number", "ordinal"])
def test_other_targets_read_them_too(kind: str, tmp_path: Path) -> None:
    rows = make_goods(300)
    for i, row in enumerate(rows):
        row["stars"] = 1 + (i % 3) + 2 * (row["shop"] == "workshop")
    model = text_classifier({**COLUMNS, **SMALL}, epochs=2, target=kind)
    model.fit(rows, [row["stars"] for row in rows])
    again = TextClassifier.load(model.save(tmp_path / "model"))
    assert again.predict(rows[:20]).tolist() == model.predict(rows[:20]).tolist()


def test_what_is_no_such_table_is_refused_with_a_word(fitted: TextClassifier) -> None:
    with pytest.raises(DataError, match="expected a table, or rows, with the columns"):
        fitted.predict(["a text"])
    with pytest.raises(DataError, match=r"example 2, column 'price': expected a number .* found 'dear'"):
        fitted.predict([{"title": "a", "body": "b"}, {"title": "a", "body": "b", "price": "dear"}])
    with pytest.raises(ConfigError, match="different columns, found 'price' twice"):
        text_classifier(SMALL, numeric=["price"], categorical=["price"]).fit(make_goods(60), ["a", "b"] * 30)
    rows = make_goods(60)
    with pytest.raises(ConfigError, match="which the unlabelled texts do not have"):
        text_classifier({**COLUMNS, **SMALL, "self_training.teachers": 1}).fit(
            rows, labels_of(rows), unlabelled=["a lamp"]
        )


ALTERED = {
    "a name twice": lambda config: config["columns"]["text"].append("price"),
    "no text": lambda config: config["columns"]["text"].clear(),
    "another name": lambda config: config["columns"]["numeric"].__setitem__(0, "cost"),
    "no columns": lambda config: config["columns"].clear(),
    "a number as a name": lambda config: config["columns"]["categorical"].__setitem__(0, 7),
    "no deviation": lambda config: config["tabular"]["numeric"][0].update(deviation=0.0),
    "another number of categories": lambda config: config["tabular"]["categorical"][0]["categories"].pop(),
    "more settings": lambda config: config["tabular"]["numeric"][0].update(path="/etc/passwd"),
    "none beside": lambda config: config.update(tabular={"numeric": [], "categorical": []}),
    "wide units": lambda config: config["model"].update(tabular_size=60000),
}


@pytest.mark.parametrize("what", ALTERED)
def test_a_folder_that_contradicts_itself_is_refused(what: str, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    ALTERED[what](config)
    (folder / "config.json").write_text(json.dumps(config))
    write_manifest(folder, {"format": 4, "kind": "textrnn model"}, leave_out=frozenset({"README.md"}))
    with pytest.raises(ModelError):
        load_predictor(folder)


def test_a_wide_branch_without_weights_for_them_is_one_that_does_not_read_them(folder: Path) -> None:
    predictor = load_predictor(folder)
    assert predictor.ngram_branch.tabular.shape == (predictor.tabular.features, 2)
    few = replace(predictor.ngram_branch, tabular=np.zeros((0, 2), np.float32))
    inputs = predictor.read([("a", "b", 1.0, "outlet")])
    assert not np.array_equal(
        ngram_logits(few, inputs.rows, inputs.tabular),
        ngram_logits(predictor.ngram_branch, inputs.rows, inputs.tabular),
    )
