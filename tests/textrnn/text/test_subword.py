"""Subwords: against a plain BPE, equal in every process, bounded, and cutting every word whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.vocabulary import VocabularyKind
from textrnn.text import subword
from textrnn.text.special_tokens import UNK
from textrnn.text.subword import train_bpe, train_unigram
from textrnn.text.tokenizer_schema import read_parts
from textrnn.text.vocabulary import Vocabulary, lookup, tokenizer_of

counts_of_words = st.dictionaries(st.text("abcé", min_size=1, max_size=6), st.integers(1, 9), min_size=1, max_size=12)


def plain_bpe(counts: dict[str, int], max_size: int, min_count: int) -> list[tuple[str, str]]:
    """Byte pair encoding as Sennrich et al. (2016), algorithm 1, ties by the library's token numbers."""
    cut = {word: [word[0], *("##" + c for c in word[1:])] for word in counts}
    alphabet = sorted({c for word in counts for c in word})
    tokens = ["[PAD]", "[UNK]", *alphabet, *sorted({"##" + c for word in counts for c in word[1:]})]
    merges: list[tuple[str, str]] = []
    while len(tokens) < max_size:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, pieces in cut.items():
            for pair in pairwise(pieces):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], tokens.index(pair[0]), tokens.index(pair[1])))
        if pairs[best] < min_count:
            break
        whole = best[0] + best[1][2:]
        merges.append(best)
        if whole not in tokens:
            tokens.append(whole)
        for word, pieces in cut.items():
            done: list[str] = []
            for piece in pieces:
                if done and (done[-1], piece) == best:
                    done[-1] = whole
                else:
                    done.append(piece)
            cut[word] = done
    return merges


@settings(deadline=None)
@given(counts_of_words)
def test_bpe_equals_a_plain_one_without_repeats_in_a_word(counts: dict[str, int]) -> None:
    # within "aaa" the pair overlaps itself, and implementations count that differently
    counts = {word: n for word, n in counts.items() if len(set(word)) == len(word)}
    if counts:
        assert list(train_bpe(counts, 40, 1)[1]) == plain_bpe(counts, 40, 1)


def cut(
    kind: VocabularyKind, counts: dict[str, int], max_size: int, min_count: int
) -> tuple[Vocabulary, list[list[str]]]:
    if kind == "bpe":
        tokens, merges = train_bpe(counts, max_size, min_count)
        vocabulary = Vocabulary(kind, tokens, (), TokenizeConfig(), merges=merges)
    else:
        tokens, scores = train_unigram(counts, max_size, min_count)
        vocabulary = Vocabulary(kind, tokens, (), TokenizeConfig(), log_probabilities=scores)
    rows = lookup(vocabulary, list(counts))
    return vocabulary, [[tokens[i] for i in rows[row]] for row in range(len(rows))]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
@settings(deadline=None, max_examples=50)
@given(counts=counts_of_words, max_size=st.integers(14, 60))
def test_the_pieces_of_a_word_spell_it(kind: VocabularyKind, counts: dict[str, int], max_size: int) -> None:
    vocabulary, rows = cut(kind, counts, max_size, 1)
    assert vocabulary.tokens[:2] == ("[PAD]", "[UNK]")
    assert len(set(vocabulary.tokens)) == len(vocabulary) <= max_size
    for word, pieces in zip(counts, rows, strict=True):
        assert "".join(piece.removeprefix("##") for piece in pieces) == word


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
@pytest.mark.parametrize("max_size", [3, 4, 5, 10])
def test_the_smallest_vocabularies_hold(kind: VocabularyKind, max_size: int) -> None:
    for counts in ({"abcdefgh": 5, "abc": 2, "z": 1}, {"aa": 5}, {"a": 5}):
        vocabulary, _ = cut(kind, counts, max_size, 1)
        assert 3 <= len(vocabulary) <= max_size
        parts = read_parts(tokenizer_of(vocabulary).to_str().encode())
        assert (parts.tokens, parts.merges) == (vocabulary.tokens, vocabulary.merges)
        assert parts.log_probabilities == vocabulary.log_probabilities


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_rare_characters_are_cut_out(kind: VocabularyKind) -> None:
    counts = {f"{chr(0x4E00 + i)}abcd{'e' * (i % 2)}{chr(0x5E00 + i)}": 1 for i in range(20)}
    vocabulary, rows = cut(kind, counts, 20, 2)
    assert {c for token in vocabulary.tokens[2:] for c in token} <= set("abcde#")
    assert any(token.endswith("abc") or token.endswith("bcd") for token in vocabulary.tokens)
    assert rows[0][0] == rows[0][-1] == vocabulary.tokens[UNK]


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_rare_characters_are_unknown_and_long_words_teach_nothing(kind: VocabularyKind) -> None:
    counts = {"abab": 20, "ba": 9, "aß": 1, "c" * 101: 50}
    vocabulary, rows = cut(kind, counts, 30, 2)
    assert not any(c in token for token in vocabulary.tokens[2:] for c in "ß")
    assert max(map(len, vocabulary.tokens)) <= 6
    assert rows[2] == ["a", vocabulary.tokens[UNK]]


def test_unigram_prefers_the_probable() -> None:
    tokens, scores = train_unigram({"lower": 30, "low": 50, "er": 10, "slow": 9}, 20, 1)
    assert scores[:2] == (0.0, 0.0)  # below every piece, they would lower the score of the unknown
    assert list(scores[2:]) == sorted(scores[2:], reverse=True)
    assert all(round(score, 4) == score <= 0 for score in scores)
    assert "low" in tokens


@pytest.mark.parametrize("train", [train_bpe, train_unigram])
def test_a_huge_corpus_is_scaled(monkeypatch: pytest.MonkeyPatch, train: object) -> None:
    counts = {"low": 50_000, "lower": 30_000, "newest": 20_000, "rare": 1}
    small = {word: max(1, n // 1000) for word, n in counts.items()}
    monkeypatch.setattr(subword, "MAX_TRAINING_TOKENS", 100)
    fed = " ".join(subword._repeat_words(counts, subword._scale(counts))).split()
    assert Counter(fed) == small
    assert train(counts, 30, 1)[0] == train(small, 30, 1)[0]  # type: ignore[operator]


@given(st.dictionaries(st.text("ab", min_size=1, max_size=3), st.integers(1, 30_000), max_size=4))
def test_words_are_repeated_as_counted(counts: dict[str, int]) -> None:
    fed: Counter[str] = Counter()
    for text in subword._repeat_words(counts, 1.0):
        assert len(text) <= 20_100
        fed.update(text.split())
    assert fed == counts


SCRIPT = """
import hashlib, random
from textrnn.text.subword import train_bpe, train_unigram
random.seed(5)
letters = "eeeettaoinshrdlu" + "".join(map(chr, range(0xE0, 0x100)))
counts = {"".join(random.choices(letters, k=random.randint(1, 9))): random.randint(1, 40) for _ in range(3000)}
for train in (train_bpe, train_unigram):
    print(hashlib.sha256(repr(train(counts, 900, 2)).encode()).hexdigest())
"""


def test_every_process_trains_the_same() -> None:
    found = set()
    for run, parallel in enumerate(("false", "true", "true", "false")):
        env = {**os.environ, "TOKENIZERS_PARALLELISM": parallel, "PYTHONHASHSEED": str(run)}
        found.add(subprocess.run([sys.executable, "-c", SCRIPT], check=True, env=env, capture_output=True).stdout)
    assert len(found) == 1
