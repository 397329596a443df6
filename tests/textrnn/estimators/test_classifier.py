from __future__ import annotations

import copy
import pickle
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classifiers import text_classifier
from made import make_rows
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

from textrnn import TextClassifier
from textrnn.config.parameter_names import PARAMETERS
from textrnn.data.target import Label
from textrnn.errors import ConfigError, DataError, ModelError
from textrnn.model.stream import predict_stream
from textrnn.settings.python_settings import resolve
from textrnn.settings.sections import SECTIONS
from textrnn.storage.files import write_json
from textrnn.training.events import EpochDone, Progress, TrainingStarted

ROWS = make_rows(120)
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]
ODD_TEXTS = [
    "", " \t\n\u3000", "a" * 1_000_000, "\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1f7 \u2603\ufe0f",
    "\ud800 lone \udfff", "a\0b", "[PAD] [UNK]", "\ufeff", "\ufdfa" * 500,
]  # fmt: skip


def tiny(**changed: Any) -> TextClassifier:
    settings = {
        "embedding_size": 6, "hidden_size": 5, "epochs": 1, "batch_size": 16, "device": "cpu",
        "validation_fraction": 0.2, "train.precision": "float32",
    }  # fmt: skip
    return text_classifier({**settings, **changed})


@pytest.fixture(scope="module")
def fitted() -> TextClassifier:
    return tiny(epochs=2).fit(TEXTS, LABELS)


# --- an estimator as scikit-learn has them ----------------------------------------------------


def test_parameters_are_read_set_and_cloned() -> None:
    classifier = tiny(encoder="gru")
    found = classifier.get_params()
    assert found["encoder"] == "gru"
    assert found["hidden_size"] == 5
    assert TextClassifier(**found).get_params() == found
    classifier.set_params(encoder="rnn", dropout=0.1)
    assert clone(classifier).get_params() == {**found, "encoder": "rnn", "dropout": 0.1}
    with pytest.raises(TypeError, match=r"depth: no such parameter; there are batch_size, .*settings"):
        classifier.set_params(depth=3)
    assert repr(TextClassifier(encoder="gru", random_state=3)) == "TextClassifier(encoder='gru', random_state=3)"
    assert is_classifier(classifier)


def test_a_parameter_that_is_not_given_says_nothing() -> None:
    assert set(PARAMETERS) | {"config", "settings", "verbose"} == set(TextClassifier().get_params())
    assert resolve(TextClassifier().get_params()) == {name: kind() for name, kind in SECTIONS.items()}
    assert {value for value in TextClassifier().get_params().values() if value != "auto"} == {None}


def test_a_clone_is_not_trained(fitted: TextClassifier) -> None:
    with pytest.raises(NotFittedError, match=r"is not trained yet: call fit, or TextClassifier\.load"):
        clone(fitted).predict(["a"])
    with pytest.raises(NotFittedError):
        check_is_fitted(clone(fitted))
    with pytest.raises(NotFittedError):
        clone(fitted).save("never")
    check_is_fitted(fitted)


def test_it_works_in_scikit_learn() -> None:
    scores = cross_val_score(tiny(), TEXTS, LABELS, cv=2)
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
    search = GridSearchCV(tiny(), {"random_state": np.arange(2)}, cv=2, scoring="neg_log_loss")  # numpy's own integers
    search.fit(np.array(TEXTS), np.array(LABELS))
    assert search.best_params_["random_state"] in (0, 1)
    assert search.predict(TEXTS[:3]).shape == (3,)
    pipeline = make_pipeline(tiny()).fit(TEXTS, LABELS)
    assert 0 <= pipeline.score(TEXTS, LABELS) <= 1


def test_the_same_fit_gives_the_same_model(fitted: TextClassifier) -> None:
    again = tiny(epochs=2).fit(iter(TEXTS), iter(LABELS))
    assert np.array_equal(again.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert again.history_ == fitted.history_
    other = tiny(epochs=2, random_state=1).fit(TEXTS, LABELS)
    assert not np.array_equal(other.predict_proba(TEXTS), fitted.predict_proba(TEXTS))


def test_a_second_fit_replaces_the_first() -> None:
    classifier = tiny().fit(TEXTS, LABELS)
    classifier.fit(TEXTS, [len(label) for label in LABELS])
    assert classifier.classes_.tolist() == [3, 4]
    assert set(classifier.predict(TEXTS).tolist()) <= {3, 4}


def test_a_fit_that_fails_leaves_the_first() -> None:
    classifier = tiny().fit(TEXTS, LABELS)
    before = classifier.predict_proba(TEXTS)
    with pytest.raises(DataError):
        classifier.fit(TEXTS, ["one"] * len(TEXTS))
    assert np.array_equal(classifier.predict_proba(TEXTS), before)


def test_it_learns() -> None:
    rows = make_rows(400, seed=5)
    settings = {
        "model.embedding_dropout": 0.1, "model.word_dropout": 0.0, "train.ema_decay": 0.9, "train.patience": 0,
        "train.precision": "float32",
    }  # fmt: skip
    model = TextClassifier(
        embedding_size=16, hidden_size=16, epochs=16, batch_size=32, learning_rate=0.03, dropout=0.1, device="cpu",
        settings=settings,
    ).fit([text for text, _ in rows], [label for _, label in rows])  # fmt: skip
    assert model.score(TEXTS, LABELS) >= 0.95
    found = model.predict(["The soup was good.", "The soup was not good.", "It was not dull!", "it was dull"])
    assert found.tolist() == ["good", "bad", "good", "bad"]


def test_history_has_a_line_an_epoch(fitted: TextClassifier) -> None:
    assert [record["epoch"] for record in fitted.history_] == [1, 2]
    assert fitted.history_[0].keys() == {
        "epoch", "train_loss", "validation_loss", "validation_accuracy", "learning_rate",
    }  # fmt: skip


def test_progress_is_told() -> None:
    told: list[Progress] = []
    tiny().fit(TEXTS, LABELS, on_progress=told.append)
    assert isinstance(told[0], TrainingStarted)
    assert isinstance(told[-1], EpochDone)


# --- labels -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ("bad", "good"),
        ("01", "1"),
        (0, 1),
        (-3, 7),
        ("é ü", "中文"),
        (10**12, 10**12 + 1),
        ("a", "bb", "ccc"),
    ],
)
@pytest.mark.parametrize("kind", [list, np.array, lambda values: np.array(values, dtype=object)])
def test_labels_come_back_as_they_went_in(names: tuple[Label, ...], kind: Any) -> None:
    labels = [names[i % len(names)] for i in range(len(TEXTS))]
    classifier = tiny().fit(TEXTS, kind(labels))
    assert classifier.classes_.tolist() == sorted(names)
    found = classifier.predict(TEXTS).tolist()
    assert set(found) <= set(names)
    assert {type(label) for label in found} == {type(names[0])}
    probabilities = classifier.predict_proba(TEXTS)
    assert probabilities.shape == (len(TEXTS), len(names))
    assert found == [sorted(names)[i] for i in probabilities.argmax(axis=1)]


# --- texts ------------------------------------------------------------------------------------


def test_any_text_gets_probabilities(fitted: TextClassifier) -> None:
    found = fitted.predict_proba(ODD_TEXTS)
    assert found.shape == (len(ODD_TEXTS), 2)
    assert np.isfinite(found).all()
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-9
    assert np.array_equal(found[0], found[1])  # no token in either
    assert fitted.predict([]).shape == (0,)
    assert fitted.predict_proba([]).shape == (0, 2)


def test_any_text_can_be_trained_on() -> None:
    classifier = tiny(max_tokens=50).fit(TEXTS + ODD_TEXTS, LABELS + ["odd"] * len(ODD_TEXTS))
    assert classifier.classes_.tolist() == ["bad", "good", "odd"]


def test_the_kind_of_sequence_does_not_matter(fitted: TextClassifier) -> None:
    expected = fitted.predict_proba(TEXTS)
    for kind in (tuple, np.array, lambda texts: np.array(texts, dtype=object), iter):
        assert np.array_equal(fitted.predict_proba(kind(TEXTS)), expected)


# --- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("encoder", "cnn"),
        ("pooling", 3),
        ("epochs", 0),
        ("epochs", "many"),
        ("hidden_size", -1),
        ("hidden_size", 2.5),
        ("dropout", 1.0),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("random_state", -1),
        ("random_state", "0"),
        ("train.truncation", "middle"),
        ("vocabulary.kind", "letters"),
        ("vocabulary_size", 2),
        ("vocabulary.min_count", 0),
        ("unit", "syllables"),
        ("tokenize.lowercase", "perhaps"),
        ("validation_fraction", 0.0),
        ("validation_fraction", 1.5),
        ("validation_fraction", "tenth"),
        ("device", "tpu"),
        ("train.precision", "int8"),
        ("max_tokens", 0),
    ],
)
def test_a_wrong_parameter_is_named(name: str, value: object) -> None:
    called = re.escape(f'settings["{name}"]' if "." in name else name)
    with pytest.raises(ConfigError, match=f"^{called}: .*found") as caught:
        tiny(**{name: value}).fit(TEXTS, LABELS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("texts", "labels", "words"),
    [
        ("one string", LABELS, r"texts: expected a list, found one string; write \[text\]"),
        (TEXTS, "labels", r"labels: expected a list, found one string"),
        (TEXTS, LABELS[1:], "labels: expected as many as texts, found 119 labels and 120 texts"),
        (TEXTS, ["same"] * 120, "expected at least two classes, found only 'same'"),
        ([], [], "found no rows"),
        (["", " "] * 60, LABELS, "all 120 empty"),
        ([*TEXTS[1:], 3], LABELS, r"texts, row 120 .*: expected a text, found int 3; write str\(text\)"),
        (TEXTS, [*LABELS[1:], None], "labels, row 120 .*: expected a label, found none"),
        (TEXTS, [1.0] * 60 + [2.5] * 60, "labels, row 61 .*: expected a string or an integer, found the float 2.5"),
        (TEXTS, [*LABELS[1:], ""], "labels, row 120 .*: expected a label, found an empty one"),
        (TEXTS, [*LABELS[1:], 1], "row 120 .*: expected labels all strings, all integers or all flags"),
        (["one", "two"], ["a", "b"], "expected enough rows"),
        ([str(i) for i in range(120)], LABELS, "min_count"),
    ],
)
def test_what_cannot_be_trained_on_is_reported_in_one_line(texts: Any, labels: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        tiny().fit(texts, labels)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_predicted_is_reported_in_one_line(fitted: TextClassifier) -> None:
    with pytest.raises(DataError, match=r"texts: expected a list, found one string; write \[text\]"):
        fitted.predict("a text")
    with pytest.raises(DataError, match=r"texts, row 2 .*: expected a text, found float 1\.5"):
        fitted.predict_proba(["a", 1.5])  # type: ignore[list-item]


# --- saved, loaded, copied --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["word", "bpe", "unigram"])
def test_what_is_saved_is_what_is_loaded(kind: str, tmp_path: Path) -> None:
    classifier = tiny(
        vocabulary_size=80, max_tokens=9, encoder="gru", **{"vocabulary.kind": kind, "train.truncation": "both"}
    )
    classifier.fit(TEXTS, [7 if label == "good" else 3 for label in LABELS])
    assert classifier.save(tmp_path / "models" / "mine") == tmp_path / "models" / "mine"
    found = TextClassifier.load(tmp_path / "models" / "mine")
    assert np.array_equal(found.predict_proba(TEXTS + ODD_TEXTS), classifier.predict_proba(TEXTS + ODD_TEXTS))
    assert found.predict(TEXTS).tolist() == classifier.predict(TEXTS).tolist()
    assert found.classes_.tolist() == [3, 7]
    assert (found.max_tokens, found.encoder, found.hidden_size) == (9, "gru", 5)
    assert found.history_ == []
    check_is_fitted(found)
    found.save(str(tmp_path / "again"))  # a loaded one can be saved: the same bytes
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (tmp_path / "models" / "mine" / path.name).read_bytes()


def test_saving_replaces_a_model_folder_whole(fitted: TextClassifier, tmp_path: Path) -> None:
    other = tiny(random_state=9).fit(TEXTS, LABELS)
    other.save(tmp_path / "model")
    (tmp_path / "model" / "README.md").write_text("edited")
    fitted.save(tmp_path / "model")
    assert np.array_equal(TextClassifier.load(tmp_path / "model").predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    (tmp_path / "empty").mkdir()
    fitted.save(tmp_path / "empty")


def test_a_model_that_is_read_while_others_replace_it_is_one_of_them(fitted: TextClassifier, tmp_path: Path) -> None:
    other, folder = tiny(random_state=9).fit(TEXTS, [label.upper() for label in LABELS]), tmp_path / "model"
    fitted.save(folder)
    known, seen = [model.predict_proba(TEXTS[:3]).tobytes() for model in (fitted, other)], set()
    writers = [
        threading.Thread(target=lambda model=model: [model.save(folder) for _ in range(15)])  # type: ignore[misc]
        for model in (fitted, other, fitted)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        seen.add(TextClassifier.load(folder).predict_proba(TEXTS[:3]).tobytes())
    assert seen <= set(known)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert TextClassifier.load(folder).predict_proba(TEXTS[:3]).tobytes() in known


def test_saving_touches_no_folder_of_others(
    fitted: TextClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.txt").write_text("years of work")
    web = tmp_path / "web"
    write_json(web / "manifest.json", {"name": "a web app"})
    notes = fitted.save(tmp_path / "model")
    (notes / "notes.txt").write_text("mine")
    file = tmp_path / "file"
    file.write_text("mine")
    monkeypatch.chdir(foreign)
    for folder in (foreign, web, notes, file, Path(".")):
        with pytest.raises(ConfigError, match="expected a model folder or nothing there, found"):
            fitted.save(folder)
    assert (foreign / "chapter.txt").read_text() == "years of work"
    assert (web / "manifest.json").exists()
    assert (notes / "notes.txt").read_text() == "mine"
    assert file.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "model", "thesis", "web"]


def test_loading_says_what_is_wrong(fitted: TextClassifier, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a model folder, found none"):
        TextClassifier.load(tmp_path / "absent")
    folder = fitted.save(tmp_path / "model")
    (folder / "config.json").write_bytes(b"{}")
    with pytest.raises(ModelError, match="the model folder is damaged"):
        TextClassifier.load(folder)


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda fitted: pickle.loads(pickle.dumps(fitted))])
def test_a_copy_predicts_the_same(copied: Any, fitted: TextClassifier) -> None:
    found = copied(fitted)
    assert found is not fitted
    assert found.get_params() == fitted.get_params()
    assert found.history_ == fitted.history_
    assert np.array_equal(found.predict_proba(TEXTS), fitted.predict_proba(TEXTS))
    unfitted = copied(tiny())
    with pytest.raises(NotFittedError):
        unfitted.predict(TEXTS)


def test_chinese_is_read_alike_before_and_after_saving(tmp_path: Path) -> None:
    texts = [f"{number} {text}" for number in range(40) for text in ("手机很好用，物流快", "質量很差，不好用")]
    classifier = tiny(unit="rjieba", epochs=2, **{"tokenize.simplify": True}).fit(texts, ["good", "bad"] * 40)
    loaded = TextClassifier.load(classifier.save(tmp_path / "model"))
    asked = [*texts[:5], *ODD_TEXTS, "质量很差，不好用", "質量很差，不好用", "\ud800手机\0<br />好"]
    found = loaded.predict_proba(asked)
    assert np.array_equal(found, classifier.predict_proba(asked))
    assert np.array_equal(found[-3], found[-2])  # traditional and simplified
    assert (loaded.unit, loaded.settings["tokenize.simplify"]) == ("rjieba", True)
    streamed = np.concatenate([answers.probabilities for answers in predict_stream(loaded._fitted(), asked, window=4)])
    assert np.allclose(streamed, found, atol=1e-6)


def test_how_a_text_is_cut_travels_with_the_model(tmp_path: Path) -> None:
    classifier = tiny(max_tokens=3, **{"train.truncation": "tail", "ngram_branch.enabled": False}).fit(TEXTS, LABELS)
    loaded = TextClassifier.load(classifier.save(tmp_path / "model"))
    assert (loaded.max_tokens, loaded.settings["train.truncation"]) == (3, "tail")
    end = "the soup was good"
    assert np.array_equal(loaded.predict_proba([f"bad bad bad bad {end}"]), loaded.predict_proba([end]))
    assert not np.array_equal(loaded.predict_proba([f"{end} bad bad"]), loaded.predict_proba([end]))
