"""Arguments that are wrong: errors of ours, ValueErrors or TypeErrors as Python has them, that name the argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from classifiers import parameters_of, text_classifier
from made import make_rows
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from textrnn import SequenceRegressor, TextClassifier, TextrnnError, errors
from textrnn.config.data import DataConfig
from textrnn.config.decision import DecisionConfig
from textrnn.config.self_training import SelfTrainingConfig
from textrnn.config.target_checks import require_compatible
from textrnn.config.train import TrainConfig
from textrnn.data.corpus import Corpus
from textrnn.estimators import fit

ROWS = make_rows(80)
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]
TINY: dict[str, Any] = {
    "embedding_size": 6, "hidden_size": 5, "epochs": 1, "batch_size": 16, "device": "cpu", "train.precision": "float32",
    "vectors": "none", "validation_fraction": 0.2,
}  # fmt: skip
ACCEPT: dict[str, Any] = {"target": "number", "decision.coverage": 0.9}
X, Y = np.random.default_rng(0).random((20, 4, 1)), np.arange(20.0)


def tiny(**changed: Any) -> TextClassifier:
    return text_classifier({**TINY, **changed})


@pytest.fixture(scope="module")
def classifier() -> TextClassifier:
    return tiny().fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def regressor() -> SequenceRegressor:
    return SequenceRegressor(epochs=1, hidden_size=3).fit(X, Y)


Ask = Callable[[Any], Any]
# what is asked of a classifier, the argument that must be named, and whether its type is what is wrong
CLASSIFIER: list[tuple[Ask, str, bool]] = [
    (lambda model: model.predict(None), "texts", True),
    (lambda model: model.predict(3), "texts", True),
    (lambda model: model.predict("one text"), "texts", True),
    (lambda model: model.predict_proba(b"one text"), "texts", True),
    (lambda model: model.accepts([1.5]), "texts", True),
    (lambda model: model.predict(np.array([TEXTS[:2], TEXTS[:2]])), "texts", False),
    (lambda model: model.score(TEXTS, None), "labels", True),
    (lambda model: model.score(None, LABELS), "texts", True),
    (lambda model: model.score(TEXTS, LABELS[1:]), "labels", False),
    (lambda model: model.score(TEXTS, LABELS, [1.0]), "sample_weight", False),
    (lambda model: model.score(TEXTS, LABELS, ["1"] * 80), "sample_weight", True),
    (lambda model: model.score(TEXTS, LABELS, [-1.0] * 80), "sample_weight", False),
    (lambda model: model.score(TEXTS, LABELS, [0.0] * 80), "sample_weight", False),
    (lambda model: model.score([], []), "texts", False),
    (lambda model: model.save(""), "folder", False),
    (lambda model: model.save("a\ud800"), "folder", False),
    (lambda model: model.save("  "), "folder", False),
    (lambda model: model.save(None), "folder", True),
    (lambda model: model.save(b"model"), "folder", True),
    (lambda model: model.save("a\0b"), "folder", False),
    (lambda model: model.save("~nobody_of_this_name/model"), "folder", False),
    (lambda _: TextClassifier.load(""), "folder", False),
    (lambda _: TextClassifier.load(3), "folder", True),  # type: ignore[arg-type]
    (lambda _: tiny().fit(None, LABELS), "texts", True),
    (lambda _: tiny().fit(TEXTS, None), "labels", True),
    (lambda _: tiny().fit(TEXTS, "labels"), "labels", True),
    (lambda _: tiny().fit(TEXTS, LABELS[1:]), "labels", False),
    (lambda _: tiny().fit(TEXTS, LABELS, unlabelled="abc"), "unlabelled", True),
    (lambda _: tiny().fit(TEXTS, LABELS, unlabelled=None), "unlabelled", True),
    (lambda _: tiny().fit(TEXTS, LABELS, unlabelled=[1]), "unlabelled", True),
    (lambda _: tiny().fit(TEXTS, LABELS, on_progress=3), "on_progress", True),  # type: ignore[arg-type]
    (lambda _: tiny(hidden_size="16").fit(TEXTS, LABELS), "hidden_size", True),
    (lambda _: tiny(epochs=True).fit(TEXTS, LABELS), "epochs", True),
    (lambda _: tiny(vectors="").fit(TEXTS, LABELS), "vectors", False),
    (lambda _: tiny(vectors=Path("absent.txt")).fit(TEXTS, LABELS), "vectors", False),
    (lambda _: tiny(vectors="~nobody_of_this_name/v.txt").fit(TEXTS, LABELS), "vectors", False),
    (lambda _: tiny(**{"train.init_from": ""}).fit(TEXTS, LABELS), r'settings\["train\.init_from"\]', False),
    (lambda _: tiny(**{"train.init_from": "absent"}).fit(TEXTS, LABELS), r'settings\["train\.init_from"\]', False),
    (lambda _: tiny(numeric="price").fit(TEXTS, LABELS), "numeric", True),
    (
        lambda _: tiny(target="number", **{"decision.coverage": 0.9}).fit(TEXTS, Y),
        r'settings\["decision\.coverage"\]',
        False,
    ),
]
REGRESSOR: list[tuple[Ask, str, bool]] = [
    (lambda model: model.predict(None), "x", True),
    (lambda model: model.predict("abc"), "x", True),
    (lambda model: model.predict(X[:, :, 0]), "x", False),
    (lambda model: model.predict(np.zeros((2, 4, 3))), "x", False),
    (lambda model: model.predict([[["a"]]]), "x", True),
    (lambda model: model.predict([[[1]], [[1], [2]]]), "x", False),
    (lambda model: model.score(X, None), "y", True),
    (lambda model: model.score(X, Y[1:]), "y", False),
    (lambda model: model.score(X, Y, [1.0]), "sample_weight", False),
    (lambda model: model.save(""), "folder", False),
    (lambda _: SequenceRegressor.load(None), "folder", True),  # type: ignore[arg-type]
    (lambda _: SequenceRegressor().fit(None, Y), "x", True),  # type: ignore[arg-type]
    (lambda _: SequenceRegressor().fit(X, None), "y", True),  # type: ignore[arg-type]
    (lambda _: SequenceRegressor().fit(X, ["a"] * 20), "y", True),
    (lambda _: SequenceRegressor().fit(X * np.nan, Y), "x", False),
    (lambda _: SequenceRegressor().fit(X, Y * np.nan), "y", False),
    (lambda _: SequenceRegressor().fit(X, np.zeros((20, 1, 1))), "y", False),
    (lambda _: SequenceRegressor(epochs=1).fit(X, Y, checkpoints=""), "checkpoints", False),
    (lambda _: SequenceRegressor(hidden_size="5").fit(X, Y), "hidden_size", True),  # type: ignore[arg-type]
    (lambda _: SequenceRegressor(validation_fraction="a").fit(X, Y), "validation_fraction", True),  # type: ignore[arg-type]
    (lambda _: SequenceRegressor(validation_fraction=1.0).fit(X, Y), "validation_fraction", False),
    (lambda _: SequenceRegressor(scale="no").fit(X, Y), "scale", True),  # type: ignore[arg-type]
]


def told(ask: Ask, model: Any, name: str, *, is_type: bool) -> None:
    with pytest.raises(TextrnnError, match=f"^{name}[:,] ") as caught:
        ask(model)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, TypeError) == is_type, str(caught.value)
    said = str(caught.value)
    assert "\n" not in said
    said = said.partition(": ")[2]
    assert not any(word in said for word in ("--", "data.", "train.", "iterable", "zip()", "unlabelle]")), said


@pytest.mark.parametrize(("ask", "name", "is_type"), CLASSIFIER)
def test_a_classifier_names_the_argument(ask: Ask, name: str, is_type: bool, classifier: TextClassifier) -> None:
    told(ask, classifier, name, is_type=is_type)


@pytest.mark.parametrize(("ask", "name", "is_type"), REGRESSOR)
def test_a_regressor_names_the_argument(ask: Ask, name: str, is_type: bool, regressor: SequenceRegressor) -> None:
    told(ask, regressor, name, is_type=is_type)


@pytest.mark.parametrize("model", [TextClassifier(), SequenceRegressor()])
@pytest.mark.parametrize("verb", ["predict", "score", "save"])
def test_a_model_that_is_not_trained_says_that_first(model: Any, verb: str) -> None:
    with pytest.raises(NotFittedError, match="call fit"):
        getattr(model, verb)(*[None] * (2 if verb == "score" else 1))


def test_every_error_of_a_user_is_a_value_error_too() -> None:
    for error in (errors.ConfigError, errors.DataError, errors.ModelError):
        assert issubclass(error, ValueError)
        assert not issubclass(error, TypeError)
    for error in (errors.ConfigTypeError, errors.DataTypeError):
        assert issubclass(error, (ValueError, TypeError))


def test_the_name_of_a_column_is_no_column_of_labels(classifier: TextClassifier) -> None:
    frame = pd.DataFrame({"text": TEXTS, "team": LABELS})
    for ask in (tiny().fit, classifier.score, classifier.evaluate):
        with pytest.raises(
            errors.DataTypeError, match=r"^labels: .*, found the name of a column; write texts\['team'\]$"
        ):
            ask(frame, "team")
        with pytest.raises(
            errors.DataTypeError, match=r"no such column; did you mean 'team'\?; they have 'text', 'team'$"
        ):
            ask({"text": TEXTS, "team": LABELS}, "taem")


@pytest.mark.parametrize("place", [".", "../model", "../../outer"])
def test_the_folder_that_one_stands_in_is_not_replaced(
    place: str,
    classifier: TextClassifier,
    regressor: SequenceRegressor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tmp_path / "outer" / "model"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    for model in (classifier, regressor):
        with pytest.raises(
            errors.ConfigError, match=r"another folder than the working directory|expected a model folder"
        ):
            model.save(place)
        assert list(here.iterdir()) == []
        assert Path.cwd() == here
        model.save(type(model).__name__)
        (here / type(model).__name__).rename(tmp_path / type(model).__name__)


class Small(TextClassifier):
    """An estimator of one's own, with fewer parameters and one more."""

    def __init__(self, *, hidden_size: int = 5, name: str = "") -> None:
        super().__init__(**parameters_of({**TINY, "hidden_size": hidden_size}))
        self.name = name


class Short(SequenceRegressor):
    """The same of sequences."""

    def __init__(self, *, hidden_size: int = 3) -> None:
        super().__init__(epochs=1, hidden_size=hidden_size)


def test_a_subclass_may_have_other_parameters() -> None:
    small, plain = clone(Small(hidden_size=4)).fit(TEXTS, LABELS), tiny(hidden_size=4).fit(TEXTS, LABELS)
    assert np.array_equal(small.predict_proba(TEXTS), plain.predict_proba(TEXTS))
    short, long = Short(hidden_size=2).fit(X, Y), SequenceRegressor(epochs=1, hidden_size=2).fit(X, Y)
    assert np.array_equal(short.predict(X), long.predict(X))


@pytest.mark.parametrize("seed", [2**31, np.int64(2**40), 10**30])
def test_the_largest_random_state_is_told(seed: Any) -> None:
    with pytest.raises(
        errors.ConfigError, match=r"random_state: expected an integer, .*less than 2,147,483,648, found"
    ):
        tiny(random_state=seed).fit(TEXTS, LABELS)
    tiny(random_state=2**31 - 1).fit(TEXTS, LABELS)


def test_none_is_called_none() -> None:
    with pytest.raises(errors.ConfigTypeError, match=r'^settings\["train.patience"\]: expected .*, found None$'):
        tiny(**{"train.patience": None}).fit(TEXTS, LABELS)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_begins_at_home(
    kind: Any, classifier: TextClassifier, regressor: SequenceRegressor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    for model in (classifier, regressor):
        name = type(model).__name__
        assert model.save(kind(f"~/{name}")) == tmp_path / "home" / name
        type(model).load(kind(f"~/{name}"))
    (tmp_path / "home" / "words.txt").write_text("".join(f"w{i} 0.1 0.{i} 0.3\n" for i in range(9)) + "the 1 2 3\n")
    tiny(vectors=kind("~/words.txt"), **{"embeddings.size": 4}).fit(TEXTS, LABELS)
    tiny(**{"train.init_from": kind("~/TextClassifier")}).fit(TEXTS, LABELS)
    SequenceRegressor(epochs=1, hidden_size=3).fit(X, Y, checkpoints=kind("~/kept"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


@pytest.mark.parametrize(
    ("texts", "labels", "fraction", "words"),
    [
        (["a b", "c d"] * 40, ["x", "y"] * 40, 0.1, "found 80 rows of 2 classes, but 2 different texts: equal texts"),
        (["a b", "c d", "e f"] * 30, ["x", "y", "z"] * 30, 0.5, "found 90 rows of 3 classes, but 3 different texts"),
        (TEXTS, [f"class {i}" for i in range(80)], 0.1, "80 rows of 80 classes: no class has two rows.*swapped"),
        (LABELS, TEXTS, 0.2, "80 rows of 80 classes: no class has two rows, .* are texts and labels swapped"),
        (
            LABELS,
            [*TEXTS[:-2], *TEXTS[:2]],
            0.2,
            "80 rows of 78 classes, but 2 different texts: .* are texts and labels swapped",
        ),
        (
            ["!!", "??"] * 40,
            [*LABELS[:40], *LABELS[1:41]],
            0.2,
            "of 2 classes, but 2 different texts; give more different",
        ),
        (TEXTS[:8], LABELS[:8], 0.05, r"found 8 rows of 2 classes; give more rows, or set validation_fraction = 0\.\d"),
    ],
)
def test_why_no_row_can_be_held_out_is_what_is_so(texts: Any, labels: Any, fraction: float, words: str) -> None:
    with pytest.raises(errors.DataError, match=words) as caught:
        tiny(validation_fraction=fraction).fit(texts, labels)
    said = str(caught.value)
    assert "data." not in said
    if " = " in said:  # what is advised helps
        advised = float(said.rpartition(" = ")[2])
        tiny(validation_fraction=advised, **{"vocabulary.min_count": 1}).fit(texts, labels)


@pytest.mark.parametrize("kind", ["number", "multi"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("train.label_smoothing", 0.01), ("self_training.teachers", 1), ("decision.coverage", 0.99),
        ("decision.abstain_below", 0.9), ("decision.costs", {"a": {"b": 1.0}}),
    ],
)  # fmt: skip
def test_what_needs_one_class_a_text_is_refused_where_a_text_has_none_or_many(
    kind: Any, name: str, value: float
) -> None:
    section, key = name.split(".")
    sections: dict[str, Any] = {
        "train": TrainConfig(),
        "self_training": SelfTrainingConfig(),
        "decision": DecisionConfig(),
    }
    require_compatible(kind, *sections.values())
    sections[section] = replace(sections[section], **{key: value})
    require_compatible("single", *sections.values())
    with pytest.raises(errors.ConfigError, match=f"^{name}: expected a target with one class a text"):
        require_compatible(kind, *sections.values())


def test_python_may_give_more_classes_than_a_file_is_taken_to_have(monkeypatch: pytest.MonkeyPatch) -> None:
    class Enough(Exception):
        """What would be learned from is known."""

    def stop(corpus: Corpus, *_: Any, **__: Any) -> Any:
        assert corpus.target.outputs == len(names)
        raise Enough

    names = [f"class {number}" for number in range(DataConfig.max_labels + 1)]
    monkeypatch.setattr(fit, "train_in_memory", stop)
    with pytest.warns(errors.DataWarning), pytest.raises(Enough):
        tiny().fit([f"text {number}" for number in range(2 * len(names))], names * 2)
