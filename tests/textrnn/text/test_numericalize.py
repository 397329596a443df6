"""Numericalizing: the same as looking up every word by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig, VocabularyKind
from textrnn.data.corpus import Corpus
from textrnn.data.examples import SPLITS, Examples
from textrnn.data.target import single_target
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.numericalize import numericalize
from textrnn.text.special_tokens import UNK
from textrnn.text.tokenize import tokenize
from textrnn.text.vocabulary import lookup

texts = st.lists(st.text("ab c.", max_size=12), min_size=1, max_size=5)


@pytest.mark.parametrize("kind", ["word", "bpe", "unigram"])
@given(train=texts, test=texts)
def test_every_word_is_looked_up(kind: VocabularyKind, train: list[str], test: list[str]) -> None:
    train = [*train, "ab ab abc abc"]
    columns = {"train": train, "validation": [], "test": test}
    examples = {
        name: Examples({"text": columns[name]}, ["x"] * len(columns[name]), np.arange(len(columns[name])))
        for name in SPLITS
    }
    words = tokenize(Corpus(examples, single_target(["x", "y"])), TokenizeConfig())
    vocabulary = build_vocabulary(words, VocabularyConfig(kind=kind, max_size=14, min_count=1))
    ids = numericalize(words, vocabulary)
    assert ids.vocabulary_size == len(vocabulary)
    assert ids.target == words.target
    for name, rows in words.splits.items():
        assert np.array_equal(ids.labels[name], words.labels[name])
        made = ids.splits[name]
        assert made.flat.dtype == np.int32
        for row in range(len(rows)):
            alone = [lookup(vocabulary, [words.table[number]])[0].tolist() for number in rows[row]]
            assert made[row].tolist() == [token for ids_of_word in alone for token in ids_of_word]


def test_a_word_of_another_split_is_unknown() -> None:
    examples = {
        name: Examples({"text": [text]}, ["x"], np.ones(1, np.int64))
        for name, text in (("train", "known known"), ("test", "known strange"))
    }
    words = tokenize(Corpus(examples, single_target(["x", "y"])), TokenizeConfig())  # type: ignore[arg-type]
    ids = numericalize(words, build_vocabulary(words, VocabularyConfig()))
    assert ids.splits["test"][0].tolist() == [2, UNK]
