"""Counting: which words get an id, in which order, from which split."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyConfig, VocabularyKind
from textrnn.data.target import single_target
from textrnn.errors import ConfigError, DataError
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.ragged import Ragged, ragged
from textrnn.text.words import Words


def words_of(config: TokenizeConfig | None = None, **splits: list[str]) -> Words:
    """Words of splits given as lists of words; every split is one row."""
    table = sorted({word for split in splits.values() for word in split}, reverse=True)
    rows: dict[str, Ragged] = {name: ragged([[table.index(w) for w in split]]) for name, split in splits.items()}
    labels = {name: np.zeros(1, np.int64) for name in splits}
    return Words(table, rows, labels, single_target(["a", "b"]), config or TokenizeConfig())  # type: ignore[arg-type]


word = st.sampled_from(["a", "b", "c", "é", "film", "Film", "中", "."])


@given(st.lists(word, min_size=1), st.lists(word), st.integers(1, 3), st.integers(3, 8))
def test_the_most_frequent_training_words_are_kept(
    train: list[str], test: list[str], min_count: int, max_size: int
) -> None:
    counted = Counter(train)
    kept = sorted((w for w in counted if counted[w] >= min_count), key=lambda w: (-counted[w], w))[: max_size - 2]
    words = words_of(train=train, test=test)
    config = VocabularyConfig(max_size=max_size, min_count=min_count)
    if not kept:
        with pytest.raises(DataError, match="at least"):
            build_vocabulary(words, config)
        return
    vocabulary = build_vocabulary(words, config)
    assert vocabulary.tokens == ("[PAD]", "[UNK]", *kept)
    unknown = len(train) - sum(counted[w] for w in kept)
    assert vocabulary.counts == (0, unknown, *(counted[w] for w in kept))
    assert sum(vocabulary.counts) == len(train)


def test_ties_go_by_code_point() -> None:
    vocabulary = build_vocabulary(words_of(train=["é", "z", "B", "b", "中"]), VocabularyConfig(min_count=1))
    assert vocabulary.tokens[2:] == ("B", "b", "z", "é", "中")


@pytest.mark.parametrize("kind", ["word", "bpe", "unigram"])
def test_other_splits_are_not_seen(kind: VocabularyKind) -> None:
    config = VocabularyConfig(kind=kind, max_size=40, min_count=1)
    train = ["alpha", "alpha", "beta", "bet"] * 5
    alone = build_vocabulary(words_of(train=train), config)
    tabular = build_vocabulary(words_of(train=train, validation=["xyz"] * 90, test=["alpha"] * 70), config)
    assert alone == tabular


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_subwords_are_counted_as_the_training_split_is_cut(kind: VocabularyKind) -> None:
    train = ["lower", "lowest", "low", "newer", "newest"] * 10 + ["ß"]
    vocabulary = build_vocabulary(words_of(train=train), VocabularyConfig(kind=kind, max_size=40, min_count=2))
    assert vocabulary.counts[:2] == (0, 1)  # the rare character alone is unknown
    assert len(vocabulary.counts) == len(vocabulary.tokens) <= 40
    length = sum(
        len(t.removeprefix("##")) * n for t, n in zip(vocabulary.tokens[2:], vocabulary.counts[2:], strict=True)
    )
    assert length == sum(map(len, train[:-1]))


@pytest.mark.parametrize("kind", ["word", "bpe", "unigram"])
def test_no_word_left_is_a_data_error(kind: VocabularyKind) -> None:
    for words in (words_of(train=[], test=["a"]), words_of(train=["a", "b"])):
        with pytest.raises(DataError, match="min_count"):
            build_vocabulary(words, VocabularyConfig(kind=kind, min_count=2))
    with pytest.raises(DataError, match="expected a training split"):
        build_vocabulary(words_of(test=["a"]), VocabularyConfig(kind=kind))


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_subwords_of_characters_are_refused(kind: VocabularyKind) -> None:
    with pytest.raises(ConfigError, match=r"vocabulary\.kind: expected 'word'"):
        build_vocabulary(words_of(TokenizeConfig("characters"), train=["a"]), VocabularyConfig(kind=kind))


@pytest.mark.parametrize(("texts", "kept"), [(4_999, True), (5_000, False)])
def test_few_texts_keep_words_that_occur_once(texts: int, kept: bool) -> None:
    rows = ragged([[0, 0]] * (texts - 1) + [[1, 2]])
    words = replace(
        words_of(train=["usual", "once", "no7"]), splits={"train": rows}, labels={"train": np.zeros(texts, int)}
    )
    vocabulary = build_vocabulary(words, VocabularyConfig())
    assert ("once" in vocabulary.tokens) == kept
    assert "no7" not in vocabulary.tokens  # learned by heart, where each text has its own
