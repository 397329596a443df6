"""Settings in Python: parameters, `settings` and `config`, which of them counts, and what is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from classifiers import parameters_of
from made import make_rows
from sklearn.base import clone, is_regressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from pipelines.config import read_config
from textrnn import TextClassifier
from textrnn.config.parameter_names import PARAMETERS, python_name
from textrnn.errors import ConfigError, ConfigTypeError
from textrnn.settings.command_line_only import COMMAND_LINE_ONLY
from textrnn.settings.config_files import packaged_names
from textrnn.settings.python_settings import resolve
from textrnn.settings.saved_settings import as_parameters, read_kept, settings_to_keep
from textrnn.settings.sections import SECTIONS, fields_of
from textrnn.settings.unknown_parameters import FORMER_PARAMETERS

ROWS = make_rows(80)
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]
TINY = parameters_of(
    {
        "embedding_size": 6, "hidden_size": 5, "epochs": 1, "batch_size": 16, "device": "cpu", "vectors": "none",
        "validation_fraction": 0.2, "train.precision": "float32", "train.adversarial": 0.0,
    }
)  # fmt: skip


def sections_of(**parameters: Any) -> dict[str, Any]:
    return resolve(clone(TextClassifier(**parameters)).get_params())


# --- which of them counts ---------------------------------------------------------------------


def test_a_parameter_counts_before_settings_before_config_before_the_default() -> None:
    config, settings = (
        {"train": {"epochs": 3, "batch_size": 7, "ema_decay": 0.5}},
        {"train.epochs": 4, "train.ema_decay": 0.6},
    )
    assert sections_of()["train"].epochs == "auto"
    assert sections_of(config=config)["train"].epochs == 3
    found = sections_of(config=config, settings=settings)["train"]
    assert (found.epochs, found.batch_size, found.ema_decay) == (4, 7, 0.6)
    assert sections_of(config=config, settings=settings, epochs=5)["train"].epochs == 5
    assert sections_of(config=config, epochs="auto")["train"].epochs == "auto"  # given: it counts
    assert sections_of(config={"train.seed": 9})["train"].seed == 9
    assert sections_of(config={"train.seed": 9}, random_state=0)["train"].seed == 0
    assert sections_of(config={"train.class_weight": "balanced"}, class_weight="none")["train"].class_weight == "none"


@pytest.mark.parametrize("name", packaged_names())
def test_a_packaged_configuration_is_what_it_is_on_the_command_line(name: str) -> None:
    run, found = read_config(name), sections_of(config=name)
    for section in SECTIONS:
        for field in fields_of(section):
            if f"{section}.{field}" not in COMMAND_LINE_ONLY:
                assert getattr(found[section], field) == getattr(run.section(section), field), f"{section}.{field}"
    assert found["data"].source is None


def test_a_file_is_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\n[data]\nsource = "a.csv"\ntext_column = ["title", "body"]\ntarget = "number"\n'
        '[embeddings]\nvectors = "v.txt"\n[unlabelled]\nsource = "more.csv"\n'
    )
    for given in (tmp_path / "mine.toml", str(tmp_path / "mine.toml")):
        found = sections_of(config=given)
        assert found["embeddings"].vectors == str(tmp_path / "v.txt")
        assert found["data"].text_column == ("title", "body")
        assert found["unlabelled"].source is None
        assert is_regressor(TextClassifier(given))
        assert not is_regressor(TextClassifier(given, target="single"))
    assert not is_regressor(TextClassifier("there is no such file"))  # which fit says


@pytest.mark.parametrize("config", ["fast", {"model": {"encoder": "mingru"}}, {"model.encoder": "mingru"}])
def test_fit_takes_a_configuration(config: Any) -> None:
    model = TextClassifier(config, **TINY).fit(TEXTS, LABELS)
    assert model._fitted().engine.network.config.encoder == "mingru"


# --- scikit-learn's contract ------------------------------------------------------------------


def test_a_grid_goes_over_settings() -> None:
    model = TextClassifier(**TINY)
    grid = {
        "settings__train.ema_decay": [0.5, 0.9],
        "settings__ngram_branch.enabled": [False],
        "config": [None, "fast"],
    }
    search = GridSearchCV(model, grid, cv=2).fit(TEXTS, LABELS)
    best = search.best_estimator_
    assert best.settings["train.ema_decay"] == search.best_params_["settings__train.ema_decay"]
    assert best.settings.keys() == {"train.precision", "train.adversarial", "train.ema_decay", "ngram_branch.enabled"}
    assert len(search.cv_results_["params"]) == 4
    assert model.settings == TINY["settings"]  # the one that was searched with is as it was
    pipeline = make_pipeline(model).set_params(**{"textclassifier__settings__train.ema_decay": 0.7})
    assert pipeline[0].settings["train.ema_decay"] == 0.7


def test_set_params_does_not_change_a_mapping_that_others_have() -> None:
    shared: dict[str, Any] = {"train.ema_decay": 0.5}
    first, second = TextClassifier(settings=shared), TextClassifier(settings=shared)
    first.set_params(**{"settings__train.ema_decay": 0.6})
    assert (first.settings, second.settings, shared) == ({"train.ema_decay": 0.6}, shared, {"train.ema_decay": 0.5})
    assert TextClassifier().set_params(**{"settings__ngram_branch.enabled": False}).settings == {
        "ngram_branch.enabled": False
    }
    assert first.set_params(settings=None, **{"settings__ngram_branch.enabled": False}).settings == {
        "ngram_branch.enabled": False
    }


# --- what is refused, and the better name -----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("adversarial", 0.3, 'write settings={"train.adversarial": 0.3}'),
        ("language_passes", 2, 'write settings={"encoder_pretraining.epochs": 2}'),
        ("wide", False, 'write settings={"ngram_branch.enabled": False}'),
        ("wide_ngrams", 2, 'write settings={"ngram_branch.ngrams": 2}'),
        ("word_dropout", 0.1, 'write settings={"model.word_dropout": 0.1}'),
        ("max_size", 9, "it is called vocabulary_size"),
        ("seed", 9, "it is called random_state"),
        ("train_epochs", 9, "it is called epochs"),
        ("train_ema_decay", 0.9, 'write settings={"train.ema_decay": 0.9}'),
        ("epoch", 9, "did you mean epochs?"),
        ("adverserial", 9, 'did you mean settings={"train.adversarial": 9}?'),
        ("checkpoint_seconds", 9, "fit keeps no checkpoints"),
        ("source", "a.csv", "give fit the texts and labels themselves"),
        ("depth", 9, "there are batch_size, categorical, "),
    ],
)
def test_a_parameter_that_is_not_there_is_refused_with_what_was_meant(name: str, value: Any, words: str) -> None:
    for ask in (lambda: TextClassifier(**{name: value}), lambda: TextClassifier().set_params(**{name: value})):
        with pytest.raises(TypeError) as caught:
            ask()
        assert isinstance(caught.value, ConfigTypeError)
        assert str(caught.value).startswith(f"{name}: no such parameter; {words}")
        assert "\n" not in str(caught.value)


def test_what_former_parameters_are_called_is_there() -> None:
    for setting in (
        *FORMER_PARAMETERS.values(),
        *PARAMETERS.values(),
        *(name for name in COMMAND_LINE_ONLY if name != "name"),
    ):
        section, _, key = setting.partition(".")
        assert key in fields_of(section)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"train.adverserial": 1}, "train.adverserial: no such key; did you mean train.adversarial?"),
        ({"adversarial": 1}, "adversarial: no such section; the key belongs to [train]: train.adversarial"),
        ({"trian": {"epochs": 1}}, "trian: no such section; did you mean train?"),
        ({"train": 1}, "train: expected a section, a mapping of its keys, found 1"),
        (
            {"name": "mine"},
            "name can be set on the command line only; save the model under a name: classifier.save(folder)",
        ),
        (
            {"data.source": "x"},
            "data.source can be set on the command line only; give fit the texts and labels themselves",
        ),
        ({"data": {"delimiter": ";"}}, "data.delimiter can be set on the command line only; read the file yourself, "),
        (
            {"unlabelled.source": "x"},
            "unlabelled.source can be set on the command line only; give fit the texts themselves: ",
        ),
        ({3: 4}, 'expected keys as in "train.adversarial", found 3'),
        ("best", 'expected a mapping, as in settings={"train.adversarial": 0.3}, found '),
    ],
)
def test_settings_that_python_does_not_have_are_refused(settings: Any, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TextClassifier(settings=settings).fit(TEXTS, LABELS)
    assert str(caught.value).startswith(f"settings: {words}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("bst", "config: bst: expected a TOML file, or one of best, .*; did you mean best"),
        ("", "config: expected a path, found an empty string"),
        (3, "config: expected a packaged configuration .*, a TOML file or a mapping, found 3"),
        ({"train.epochs": 0}, "config: train.epochs: expected an integer, at least 1, or 'auto', found 0"),
        ({"train": {"epoch": 1}}, r"config: train.epoch: no such key; did you mean train\.epochs\?"),
    ],
)
def test_a_config_that_is_none_is_refused(config: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=f"^{words}"):
        TextClassifier(config).fit(TEXTS, LABELS)


def test_a_file_that_is_wrong_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[train]\nepoch = 3\n")
    with pytest.raises(ConfigError, match=r"^config: .*mine\.toml: train\.epoch: no such key; did you mean"):
        TextClassifier(tmp_path / "mine.toml").fit(TEXTS, LABELS)


@pytest.mark.parametrize("weights", [{1: 2.0, "1": 3.0}, {1: 2.0, 1.5: 1.0, "1.5": 1.0}])
def test_two_weights_for_one_class_are_refused(weights: Any) -> None:
    for given in ({"class_weight": weights}, {"settings": {"train.class_weight": weights}}):
        with pytest.raises(ConfigError, match="expected one weight for each class, found two for '1"):
            TextClassifier(**given).fit(TEXTS, [1, 2] * 40)


# --- kept with the model ----------------------------------------------------------------------


def test_a_loaded_classifier_is_trained_again_to_the_same_bytes(tmp_path: Path) -> None:
    changed = {
        **TINY["settings"],
        "train.ema_decay": 0.9,
        "vocabulary.kind": "bpe",
        "train.class_weight": {"good": 2.0},
    }
    model = TextClassifier("fast", **{**TINY, "settings": changed}, vocabulary_size=90, random_state=None)
    model.fit(TEXTS, LABELS)
    again = TextClassifier.load(model.save(tmp_path / "model"))
    assert (again.epochs, again.encoder, again.unit, again.config) == (1, "mingru", None, None)
    assert again.settings == {key: value for key, value in changed.items() if key != "train.class_weight"}
    again.fit(TEXTS, LABELS)
    assert again._model.files == model._model.files


def test_what_a_folder_keeps_is_as_it_was() -> None:
    given = {"epochs": 3, "numeric": ("price",), "random_state": 4, "settings": {"train.ema_decay": 0.5}}
    assert as_parameters(settings_to_keep(resolve(given))) == given
    paths = {"vectors": "/home/me/v.txt", "settings": {"train.init_from": "/home/me/model"}}
    assert settings_to_keep(resolve(paths)) == {}
    assert settings_to_keep(resolve({"vectors": "none"})) == {"embeddings.vectors": "none"}


def test_what_a_folder_says_is_not_believed() -> None:
    hostile = {
        "embeddings.vectors": "/etc/passwd", "train.init_from": "/etc", "data.source": "/etc/passwd",
        "train.epochs": -1,
        "train.patience": "x", "no.such": 1, "train.none": 2, "": 3, "train.ema_decay": 0.5, "train.seed": [],
    }  # fmt: skip
    assert as_parameters(hostile) == {"settings": {"train.ema_decay": 0.5}}
    for data in (b"", b"[]", b"\xff", b"[" * 100_000, b'{"train": 3}', b'{"settings": 3}'):
        assert read_kept(data) == ({}, False)


def test_every_setting_has_a_name_in_python() -> None:
    for section, kind in SECTIONS.items():
        for field in dataclasses.fields(kind):
            name = python_name(f"{section}.{field.name}")
            assert name in PARAMETERS or name == f'settings["{section}.{field.name}"]'
