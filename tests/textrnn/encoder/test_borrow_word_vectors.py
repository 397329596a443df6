"""Words borrowed from an encoder: read alone, projected, weighed; and words that the training texts never had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_encoder import write_encoder

from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.load import corpus_of
from textrnn.encoder.borrow_word_vectors import FREQUENT, borrow_word_vectors, frequency_weights, project
from textrnn.encoder.known_words import read_known_words
from textrnn.encoder.sentence_encoder import encode, read_encoder
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.encoder_source import resolve_encoder
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.numericalize import numericalize
from textrnn.text.tokenize import tokenize
from textrnn.text.vocabulary import Vocabulary
from textrnn.text.words import Words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_encoder(tmp_path_factory.mktemp("encoder")))


def made_words() -> Words:
    kinds = ["a good film", "a bad film , a film", "good , the plot"]
    return tokenize(corpus_of([f"{kinds[n % 3]} {n}" for n in range(24)], [0, 1, 0] * 8), TokenizeConfig())


def made(folder: str) -> Vocabulary:
    words = made_words()
    return build_vocabulary(words, VocabularyConfig(), read_known_words(folder, words.tokenizer))


def test_words_that_the_encoder_knows_whole_get_an_id_behind_those_of_the_texts(folder: str) -> None:
    vocabulary = made(folder)
    assert {*vocabulary.tokens[2:9]} == {"film", "a", ",", "good", "bad", "plot", "the"}
    assert vocabulary.tokens[9:] == ("meal", "was", "dull", "fresh"), "neither pieces of words nor marks"
    assert vocabulary.counts[9:] == (0, 0, 0, 0)
    assert read_known_words("none", TokenizeConfig()) == ()
    assert read_known_words(folder, TokenizeConfig(unit="characters")) == ("a",)


def test_each_token_is_read_alone_projected_and_weighed_by_its_frequency(folder: str) -> None:
    vocabulary = made(folder)
    found = borrow_word_vectors(vocabulary, EmbeddingsConfig(encoder=folder, encoder_size=3))
    assert found is not None
    name, matrix = found
    assert name == Path(folder).name
    assert matrix.shape == (len(vocabulary), 3)
    assert matrix.dtype == np.float32
    assert not matrix[:2].any()
    source = resolve_encoder(folder)
    assert source is not None
    alone = np.concatenate([encode(read_encoder(source), [token]) for token in vocabulary.tokens[2:]])
    centred = alone - alone.mean(axis=0)
    directions = np.linalg.svd(centred)[2][:3]
    shares = np.array(vocabulary.counts[2:]) / sum(vocabulary.counts[2:])
    wanted = centred @ directions.T * (FREQUENT / (FREQUENT + shares))[:, None]
    np.testing.assert_allclose(np.abs(matrix[2:]), np.abs(wanted), atol=1e-5)
    again = borrow_word_vectors(vocabulary, EmbeddingsConfig(encoder=folder, encoder_size=3))
    assert again is not None
    assert np.array_equal(again[1], matrix)
    wide = borrow_word_vectors(vocabulary, EmbeddingsConfig(encoder=folder))
    assert wide is not None
    assert wide[1].shape[1] == 8, "no more than the encoder has"
    assert borrow_word_vectors(vocabulary, EmbeddingsConfig()) is None


def test_they_stand_before_the_other_parts(folder: str) -> None:
    words, vocabulary = made_words(), made(folder)
    config = EmbeddingsConfig("none", folder, 3, size=2)
    vectors = make_word_vectors(
        numericalize(words, vocabulary), vocabulary, config, borrowed=borrow_word_vectors(vocabulary, config)
    )
    assert vectors.parts == ((Path(folder).name, 3), ("training texts", 2))
    borrowed = vectors.matrix[:, :3]
    assert borrowed[2:].any(axis=1).all(), "words that no text has are known too"
    assert float(borrowed[2:].std()) == pytest.approx(config.scale)
    assert not vectors.matrix[9:, 3:].any()


def test_subwords_are_read_without_the_mark_before_them(folder: str) -> None:
    vocabulary = replace(made(folder), kind="bpe")
    marked = replace(vocabulary, tokens=tuple("##" + t if t == "film" else t for t in vocabulary.tokens))
    config = EmbeddingsConfig(encoder=folder, encoder_size=3)
    plain, other = borrow_word_vectors(vocabulary, config), borrow_word_vectors(marked, config)
    assert plain is not None
    assert other is not None
    assert np.array_equal(plain[1], other[1])


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_a_more_frequent_token_never_weighs_more(counts: list[int]) -> None:
    weights = frequency_weights(np.array(counts, dtype=np.int64))
    assert ((weights > 0) & (weights <= 1)).all()
    order = np.argsort(counts)
    assert (np.diff(weights[order]) <= 0).all()


def test_the_sign_of_a_component_is_chosen_by_its_largest_share() -> None:
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(30, 5)).astype(np.float32)
    found = project(vectors, 2)
    assert found.shape == (30, 2)
    assert found[:, 0].std() > found[:, 1].std()
    np.testing.assert_allclose(project(vectors[::-1], 2)[::-1], found, atol=1e-5)
    assert project(vectors[:0], 2).shape == (0, 2)
