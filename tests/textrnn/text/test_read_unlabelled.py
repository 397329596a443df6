"""Texts without labels: read like predicted ones, and none that a split holds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.unlabelled import UnlabelledConfig
from textrnn.config.vocabulary import VocabularyConfig
from textrnn.data.load import corpus_of
from textrnn.errors import DataError
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.numericalize import numericalize
from textrnn.text.ragged import join_rows, ragged
from textrnn.text.read_unlabelled import encode_unlabelled, read_unlabelled
from textrnn.text.tokenize import tokenize
from textrnn.text.tokenizer import encode_texts
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vocabulary import tokenizer_of

CORPUS = corpus_of([f"text {n} is {'good' if n % 2 else 'bad'}" for n in range(40)], [0, 1] * 20)
WORDS = tokenize(CORPUS, TokenizeConfig())
VOCABULARY = build_vocabulary(WORDS, VocabularyConfig(min_count=1))


def test_ids_are_those_of_the_same_texts_predicted(tmp_path: Path) -> None:
    texts = ["a good one", "", "text \ud800 bad", "NUL \0 is"]
    file = tmp_path / "more.jsonl"
    file.write_text("".join(json.dumps({"review": text}) + "\n" for text in texts))
    found = read_unlabelled(CORPUS, VOCABULARY, UnlabelledConfig(str(file), text_column="review"))
    bounded = [text.replace("\ud800", "\ufffd") for text in texts]
    expected = encode_texts(tokenizer_of(VOCABULARY), bounded)
    assert [row.tolist() for row in found.rows] == [row.tolist() for row in expected]


def test_no_text_of_any_split_and_none_twice() -> None:
    held_out = list(CORPUS.splits["validation"].texts)
    said: list[str] = []
    texts = ["new one", held_out[0], "new one", CORPUS.splits["train"].texts[3], "another", held_out[1]]
    found = encode_unlabelled(CORPUS, VOCABULARY, texts, on_progress=said.append)
    assert len(found.rows) == 2
    assert said == ["2 texts without labels; 4 skipped, which are labelled examples too"]


def test_none_is_no_rows_and_says_nothing() -> None:
    said: list[str] = []
    assert len(read_unlabelled(CORPUS, VOCABULARY, UnlabelledConfig(), on_progress=said.append).rows) == 0
    assert said == []


def test_more_rows_than_requested_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "more.csv"
    file.write_text("text\na\nb\nc\n")
    assert len(read_unlabelled(CORPUS, VOCABULARY, UnlabelledConfig(str(file), max_rows=3)).rows) == 3
    with pytest.raises(DataError, match=r"more\.csv: expected at most 2 rows, found more; raise unlabelled\.max_rows"):
        read_unlabelled(CORPUS, VOCABULARY, UnlabelledConfig(str(file), max_rows=2))


def test_vectors_are_learned_from_them_too() -> None:
    ids = numericalize(WORDS, VOCABULARY)
    more = ragged([[4, 5, 6], [6, 5]] * 9)
    found = make_word_vectors(ids, VOCABULARY, EmbeddingsConfig("none", size=4), more)
    both = type(ids)(
        {**ids.splits, "train": join_rows(ids.splits["train"], more)}, ids.labels, ids.target, ids.vocabulary_size
    )
    assert np.array_equal(found.matrix, make_word_vectors(both, VOCABULARY, EmbeddingsConfig("none", size=4)).matrix)
    assert not np.array_equal(found.matrix, make_word_vectors(ids, VOCABULARY, EmbeddingsConfig("none", size=4)).matrix)


def test_on_disk(tmp_path: Path) -> None:
    Unlabelled(ragged([[1, 2], []])).save(tmp_path)
    assert [row.tolist() for row in Unlabelled.load(tmp_path).rows] == [[1, 2], []]
    (tmp_path / "unlabelled.json").write_text('{"format": 1, "texts": 3}')
    with pytest.raises(ValueError, match="as many rows"):
        Unlabelled.load(tmp_path)
