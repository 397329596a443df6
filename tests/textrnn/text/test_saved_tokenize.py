"""How a saved model reads Chinese: what its folder says, and what is refused."""

from __future__ import annotations

import json
import warnings
from functools import cache
from typing import Any

import pytest
from tiny import model_config, train_config

from textrnn.bundling.bundle import folder_of
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.load import corpus_of
from textrnn.decision.decision import Decision
from textrnn.errors import ModelError
from textrnn.inference.classifier import Classifier
from textrnn.linear.ngram_branch import empty_branch
from textrnn.model.folder import ModelFolder, predictor_of
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.text import chinese
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.tokenize import tokenize


@cache
def chinese_folder(**settings: Any) -> ModelFolder:
    """A model folder whose texts are read with `settings`, its network never trained."""
    texts = [f"{number} {text}" for number in range(20) for text in ("手机很好用", "質量不好")]
    words = tokenize(corpus_of(texts, ["a", "b"] * 20, validation_fraction=0.2), TokenizeConfig(**settings))
    vocabulary = build_vocabulary(words, VocabularyConfig())
    weights = to_arrays(build_model(model_config(), len(vocabulary), 2, seed=0)).weights
    classifier = Classifier(weights, model_config(), train_config(), words.target, len(vocabulary), [], 1)
    about: dict[str, Any] = {"metrics": {}, "provenance": {}, "card": ""}
    return folder_of(vocabulary, classifier, empty_branch(2), Decision(), **about)


def changed(model: ModelFolder, **values: Any) -> ModelFolder:
    config = json.loads(model.files["config.json"])
    return ModelFolder({**model.files, "config.json": json.dumps({**config, **values}).encode()})


@pytest.mark.parametrize(("unit", "simplify"), [("rjieba", False), ("characters", True), ("rjieba", True)])
def test_how_chinese_is_read_stands_in_the_folder(unit: str, simplify: bool) -> None:
    model = chinese_folder(unit=unit, simplify=simplify)
    config = json.loads(model.files["config.json"])
    assert config["text"] == {"unit": unit, "lowercase": True, "normalize": "nfkc", "simplify": simplify}
    assert set(config["libraries"]) == {*(["rjieba"] * (unit == "rjieba")), *(["opencc"] * simplify)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = predictor_of(model)
    ids = found.encode(["质量不好", "質量不好", "手机很好用"])
    assert ids[2].tolist() != [1]
    assert (ids[0].tolist() == ids[1].tolist()) == simplify


def test_an_absent_package_is_named_when_the_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    model = chinese_folder(unit="rjieba")
    monkeypatch.setattr(chinese, "is_installed", lambda name: False)
    with pytest.raises(ModelError, match=r"the package rjieba, found none; install it: pip install 'textrnn\[zh\]'"):
        predictor_of(model)
    predictor_of(chinese_folder(unit="characters"))


def test_another_version_of_the_segmenter_is_told() -> None:
    model = changed(chinese_folder(unit="rjieba"), libraries={"rjieba": "0.1.0"})
    with pytest.warns(UserWarning, match=r"trained with rjieba '0\.1\.0', here is "):
        predictor_of(model)


@pytest.mark.parametrize(
    "text",
    [
        {"unit": "characters"}, {"unit": "auto"}, {"lowercase": False}, {"normalize": "nfc"}, {"unit": "jieba"},
        {"simplify": "t2s"}, {"unit": "words", "normalize": "nfc"},
    ],
)  # fmt: skip
def test_settings_that_disagree_with_the_tokenizer_are_refused(text: dict[str, Any]) -> None:
    model = chinese_folder(unit="rjieba")
    kept = json.loads(model.files["config.json"])["text"]
    with pytest.raises(ModelError):
        predictor_of(changed(model, text={**kept, **text}))
