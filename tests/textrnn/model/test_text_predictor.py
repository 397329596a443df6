"""What `textrnn.load` gives, against the estimator."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from made import make_rows

import textrnn
from textrnn import TextClassifier, TextPredictor
from textrnn.errors import ConfigError, DataError, ModelError
from textrnn.model import text_predictor

TEXTS, LABELS = map(list, zip(*make_rows(120), strict=True))
SETTINGS = {"epochs": 1, "embedding_size": 8, "hidden_size": 16, "device": "cpu", "random_state": 0}
QUICK = {"train.adversarial": 0.0, "embeddings.vectors": "none"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[TextClassifier, TextPredictor]:
    classifier = TextClassifier(**SETTINGS, settings={**QUICK, "decision.coverage": 0.8}).fit(TEXTS, LABELS)
    return classifier, textrnn.load(classifier.save(tmp_path_factory.mktemp("models") / "m"))


def test_it_predicts_what_the_estimator_does(pair: tuple[TextClassifier, TextPredictor]) -> None:
    classifier, loaded = pair
    assert loaded.classes_.tolist() == classifier.classes_.tolist()
    np.testing.assert_array_equal(loaded.predict(TEXTS), classifier.predict(TEXTS))
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), classifier.predict_proba(TEXTS))
    np.testing.assert_array_equal(loaded.accepts(TEXTS), classifier.accepts(TEXTS))
    assert not loaded.accepts(TEXTS).all()


def test_a_generator_gives_a_generator_of_the_same(
    pair: tuple[TextClassifier, TextPredictor], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = pair[1]
    monkeypatch.setattr(text_predictor, "CHUNK_TEXTS", 7)
    assert list(loaded.predict(iter(TEXTS))) == loaded.predict(TEXTS).tolist()
    np.testing.assert_array_equal(
        np.stack(list(loaded.predict_proba(text for text in TEXTS))), loaded.predict_proba(TEXTS)
    )
    assert list(loaded.accepts(iter(TEXTS))) == loaded.accepts(TEXTS).tolist()
    assert list(loaded.predict_top(iter(TEXTS), 1)) == loaded.predict_top(TEXTS, 1)
    assert list(loaded.predict(iter([]))) == []


def test_an_endless_generator_is_read_as_far_as_it_is_asked(pair: tuple[TextClassifier, TextPredictor]) -> None:
    def forever() -> Iterator[str]:
        while True:
            yield from TEXTS

    assert list(islice(pair[1].predict(forever()), 5)) == pair[1].predict(TEXTS[:5]).tolist()


def test_the_top_classes_are_the_most_probable_first(pair: tuple[TextClassifier, TextPredictor]) -> None:
    for row, found in zip(pair[1].predict_proba(TEXTS), pair[1].predict_top(TEXTS, 2), strict=True):
        assert [probability for _, probability in found] == sorted(row.tolist(), reverse=True)[:2]
        assert found[0][0] == pair[1].classes_[row.argmax()]
    assert [len(found) for found in pair[1].predict_top(TEXTS[:1], 9)] == [len(pair[1].classes_)]


def test_mistakes_are_named(pair: tuple[TextClassifier, TextPredictor], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="k: expected 1 or more"):
        pair[1].predict_top(TEXTS, 0)
    with pytest.raises(DataError, match="texts"):
        pair[1].predict("one string")
    with pytest.raises(DataError, match="row 2"):
        list(pair[1].predict(iter(["a text", 7])))
    with pytest.raises(DataError, match="texts from 257, row 3"):
        list(pair[1].predict(iter([*["a text"] * 258, 7])))
    with pytest.raises(ModelError):
        textrnn.load(tmp_path / "none")
    with pytest.raises(ConfigError, match="folder: expected a path"):
        textrnn.load(7)  # type: ignore[arg-type]


def test_it_says_what_it_is(pair: tuple[TextClassifier, TextPredictor]) -> None:
    assert repr(pair[1]).startswith("TextPredictor(2 classes: ")
