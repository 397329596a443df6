"""The vocabulary: its lookup, its files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from textrnn.config.tokenize import TokenizeConfig
from textrnn.errors import ModelError
from textrnn.text.special_tokens import PAD, PAD_TOKEN, UNK, UNK_TOKEN
from textrnn.text.tokenizer import encode_texts
from textrnn.text.vocabulary import Vocabulary, lookup, tokenizer_of

WORD = Vocabulary("word", (PAD_TOKEN, UNK_TOKEN, "film", "a"), (0, 3, 9, 8), TokenizeConfig())
BPE = Vocabulary(
    "bpe",
    (PAD_TOKEN, UNK_TOKEN, "a", "b", "##a", "##b", "ab", "aba", "##ab"),
    (0, 1, 2, 3, 4, 5, 6, 7, 8),
    TokenizeConfig(lowercase=False),
    merges=(("a", "##b"), ("ab", "##a"), ("##a", "##b")),
)
UNIGRAM = Vocabulary(
    "unigram",
    (PAD_TOKEN, UNK_TOKEN, "ab", "a", "b"),
    (0, 0, 1, 1, 1),
    TokenizeConfig(),
    log_probabilities=(0.0, 0.0, -1.0, -2.5, -3.0625),
)
CHINESE = Vocabulary(
    "word",
    (PAD_TOKEN, UNK_TOKEN, "手机", "a"),
    (0, 3, 9, 8),
    TokenizeConfig("rjieba", simplify=True),
    libraries={"rjieba": "0.2.2", "opencc": "1.4.2"},
)
EVERY = [WORD, BPE, UNIGRAM, CHINESE]


def ids(vocabulary: Vocabulary, words: list[str]) -> list[list[int]]:
    rows = lookup(vocabulary, words)
    return [rows[i].tolist() for i in range(len(rows))]


def test_pad_and_unk_are_rows_0_and_1() -> None:
    assert (PAD, UNK) == (0, 1)
    assert ids(WORD, ["film", "Film", "[PAD]", "[UNK]", "a"]) == [[2], [1], [1], [1], [3]]


def test_subwords_are_looked_up_as_they_stand() -> None:
    assert ids(BPE, ["ababab", "b", "bab", "xy", "A"]) == [[7, 5, 8], [3], [3, 8], [1], [1]]
    assert ids(UNIGRAM, ["abab", "ba", "xy", "axb"]) == [[2, 2], [4, 3], [1], [3, 1, 4]]


@given(st.lists(st.text("abAx", min_size=1, max_size=9), max_size=9), st.sampled_from(EVERY))
def test_lookup_of_a_word_equals_the_whole_tokenizer(words: list[str], vocabulary: Vocabulary) -> None:
    cased = replace(vocabulary, tokenizer=TokenizeConfig(lowercase=False))
    rows = encode_texts(tokenizer_of(cased), words)
    assert ids(cased, words) == [rows[i].tolist() for i in range(len(rows))]


@pytest.mark.parametrize("vocabulary", EVERY)
def test_save_and_load_are_inverse_and_bytes_are_equal(vocabulary: Vocabulary, tmp_path: Path) -> None:
    vocabulary.save(tmp_path / "one")
    loaded = Vocabulary.load(tmp_path / "one")
    assert loaded == vocabulary
    assert len(loaded) == len(vocabulary.tokens)
    loaded.save(tmp_path / "two")
    for name in ("tokenizer.json", "vocabulary.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_file_is_a_whole_tokenizer_of_the_library(tmp_path: Path) -> None:
    WORD.save(tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.encode("A FILM!").ids == [3, 2, 1]


def test_files_that_disagree_are_refused(tmp_path: Path) -> None:
    WORD.save(tmp_path)
    path = tmp_path / "vocabulary.json"
    about = json.loads(path.read_text())
    path.write_text(json.dumps({**about, "counts": [0, 1]}))
    with pytest.raises(ModelError, match="expected 4 counts"):
        Vocabulary.load(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="model of type"):
        Vocabulary.load(tmp_path)
