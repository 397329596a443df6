from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.load import corpus_of
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.ids import Ids
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.numericalize import numericalize
from textrnn.text.tokenize import tokenize
from textrnn.text.vector_source import VECTOR_PACKAGES
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.word_vectors import WordVectors


@pytest.fixture
def nouns() -> tuple[Ids, Vocabulary]:
    kinds = ["a good film , a good cast", "a bad film", "what a bad plot", "good , good plot"]
    texts = [f"{kinds[i % 4]} {'film ' * i}" for i in range(40)]
    words = tokenize(corpus_of(texts, [0, 1] * 20), TokenizeConfig())
    vocabulary = build_vocabulary(words, VocabularyConfig())
    return numericalize(words, vocabulary), vocabulary


@pytest.fixture
def glove(tmp_path: Path) -> Path:
    path = tmp_path / "glove.txt"
    path.write_text("good 4 1\nbad -4 1\nfilm 0 2\nelsewhere 7 7\n")
    return path


def test_parts_stand_side_by_side_each_of_the_deviation_requested(nouns: tuple[Ids, Vocabulary], glove: Path) -> None:
    ids, vocabulary = nouns
    said: list[str] = []
    found = make_word_vectors(ids, vocabulary, EmbeddingsConfig(str(glove), size=3, scale=0.5), on_progress=said.append)
    assert found.parts == (("glove.txt", 2), ("training texts", 3))
    assert found.matrix.shape == (len(vocabulary), 5)
    assert found.matrix.dtype == np.float32
    given, learned = found.matrix[:, :2], found.matrix[:, 2:]
    known = [vocabulary.tokens.index(word) for word in ("good", "bad", "film")]
    assert given[known].std() == pytest.approx(0.5)
    assert given[known].mean(axis=0) == pytest.approx(0, abs=1e-6)
    # centred and scaled alike: what lay apart still does, in proportion
    assert np.diff(given[known], axis=0)[:, 0].tolist() == pytest.approx(
        [-8 * 0.5 / raw_std(), 4 * 0.5 / raw_std()], rel=1e-5
    )
    assert np.flatnonzero(given.any(axis=1)).tolist() == sorted(known)
    assert not found.matrix[:2].any()
    assert learned[2:].any(axis=1).all()
    assert said[0].startswith(f"{glove}: covers ")
    assert "learned vectors of dimension 3" in said[1]


def raw_std() -> float:
    raw = np.array([[4, 1], [-4, 1], [0, 2]], float)
    return float((raw - raw.mean(axis=0)).std())


def test_none_and_no_size_say_nothing(nouns: tuple[Ids, Vocabulary]) -> None:
    ids, vocabulary = nouns
    assert make_word_vectors(ids, vocabulary, EmbeddingsConfig("none", size=0)).matrix.shape == (len(vocabulary), 0)


@pytest.mark.parametrize(("words", "used"), [(("a", "good", "film", ",", "bad"), True), (("plot",), False)])
def test_auto_leaves_vectors_of_another_language_aside(
    words: tuple[str, ...], used: bool, nouns: tuple[Ids, Vocabulary], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, vocabulary = nouns
    rows = np.zeros((len(vocabulary), 2), np.float32)
    rows[[vocabulary.tokens.index(word) for word in words]] = [[1, i] for i in range(len(words))]
    monkeypatch.setattr("textrnn.text.make_word_vectors.resolve_vectors", lambda _: _Named("package:glove-6b-50d"))
    monkeypatch.setattr("textrnn.text.make_word_vectors.read_vectors", lambda *_: rows)
    said: list[str] = []
    found = make_word_vectors(ids, vocabulary, EmbeddingsConfig(size=2), on_progress=said.append)
    assert [name for name, _ in found.parts] == (["package:glove-6b-50d"] if used else []) + ["training texts"]
    assert said[0].endswith("not used") is not used
    given = make_word_vectors(ids, vocabulary, EmbeddingsConfig("package:glove-6b-50d", size=2))
    assert given.parts[0] == ("package:glove-6b-50d", 2), "asked for by name, they are used"


class _Named:
    def __init__(self, name: str) -> None:
        self.name = name


def test_vectors_come_back_as_they_were(tmp_path: Path) -> None:
    vectors = WordVectors(np.float32([[0, 0], [1, 2]]), (("glove", 2),))
    vectors.save(tmp_path)
    again = WordVectors.load(tmp_path)
    assert again.parts == vectors.parts
    assert np.array_equal(again.matrix, vectors.matrix)


@pytest.mark.parametrize("name", VECTOR_PACKAGES)
def test_packages_are_an_extra_of_the_project(name: str) -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    extra = " ".join(project["optional-dependencies"]["vectors"])
    assert VECTOR_PACKAGES[name][0] in extra
