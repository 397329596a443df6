"""Where tokens stand in a text, over odd ones: the ids of the encoder, and spans whose characters make the token."""

from __future__ import annotations

import random
from functools import cache

import numpy as np
import pytest
from odd_texts import any_text, any_word
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from textrnn.config.tokenize import TokenizeConfig, Unit
from textrnn.config.vocabulary import VocabularyConfig, VocabularyKind
from textrnn.data.corpus import Corpus
from textrnn.data.examples import Examples
from textrnn.data.target import single_target
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.chinese import prepare_texts
from textrnn.text.text_encoder import TextEncoder
from textrnn.text.token_spans import TokenSpans, locate_tokens
from textrnn.text.tokenize import tokenize
from textrnn.text.tokenizer import build_tokenizer
from textrnn.text.vocabulary import encoder_of as vocabulary_encoder

TEXTS = 2000
CHINESE = "手机很好用物流也快頭髮乾燥後來發現這件折不错质量ＴＢ３，。！〇"
CASES: list[tuple[Unit, VocabularyKind, bool]] = [
    ("words", "word", False),
    ("characters", "word", False),
    ("words", "bpe", False),
    ("words", "unigram", False),
    ("rjieba", "word", False),
    ("rjieba", "word", True),
    ("characters", "word", True),
]


@cache
def odd_texts() -> list[str]:
    source = random.Random(24)
    known = [any_word(source) for _ in range(100)]
    texts = []
    for _ in range(TEXTS):
        text = any_text(source, known)
        if source.random() < 0.4:
            at = source.randint(0, len(text))
            text = text[:at] + "".join(source.choice(CHINESE) for _ in range(source.randint(1, 8))) + text[at:]
        texts.append(text)
    return texts


@cache
def encoder_of(unit: Unit, kind: VocabularyKind, simplify: bool) -> tuple[TextEncoder, TokenizeConfig]:
    config = TokenizeConfig(unit, simplify=simplify)
    texts = odd_texts()[: TEXTS // 2]
    examples = Examples({"text": texts}, ["a"] * len(texts), np.arange(1, len(texts) + 1))
    words = tokenize(Corpus({"train": examples}, single_target(["a", "b"])), config)
    vocabulary = build_vocabulary(words, VocabularyConfig(kind=kind, max_size=1500, min_count=1))
    return vocabulary_encoder(vocabulary), config


@cache
def frame(config: TokenizeConfig) -> Tokenizer:
    return build_tokenizer(config, WordLevel({}, unk_token="[UNK]"))


def normal_words(text: str, config: TokenizeConfig) -> list[str]:
    """The words that `text` becomes, by the library alone after the steps before it."""
    tokenizer = frame(config)
    normal = tokenizer.normalizer.normalize_str(next(prepare_texts([text], config)))
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]


def check(text: str, found: TokenSpans, config: TokenizeConfig, *, whole_words: bool) -> None:
    starts, ends = found.starts.tolist(), found.ends.tolist()
    assert all(0 <= a < b <= len(text) for a, b in zip(starts, ends, strict=True)), ascii(text)
    assert starts == sorted(starts), ascii(text)
    assert ends == sorted(ends), ascii(text)
    assert (np.diff(found.words) >= 0).all()
    expected = normal_words(text, config)
    assert not whole_words or len(expected) == len(found.ids)
    if config.simplify:  # which looks at phrases, beyond a span
        return
    # words that share no character with their neighbours, each with what its own characters become
    groups: list[list[int]] = []
    for place in range(len(starts)):
        if groups and (
            starts[place] < ends[groups[-1][-1]] or (not whole_words and found.words[place] == found.words[place - 1])
        ):
            groups[-1].append(place)
        else:
            groups.append([place])
    spelled = ["".join(normal_words(text[starts[g[0]] : ends[g[-1]]], config)) for g in groups]
    if whole_words:
        assert spelled == ["".join(expected[place] for place in g) for g in groups], ascii(text)
    else:
        assert "".join(spelled) == "".join(expected), ascii(text)


@pytest.mark.parametrize(("unit", "kind", "simplify"), CASES)
def test_spans_of_odd_texts(unit: Unit, kind: VocabularyKind, simplify: bool) -> None:
    encoder, config = encoder_of(unit, kind, simplify)
    rows = encoder.encode(list(prepare_texts(odd_texts(), config)))
    assert len(rows) == TEXTS
    for number, text in enumerate(odd_texts()):
        found = locate_tokens(encoder, config, text)
        assert found.ids.tolist() == rows[number].tolist(), ascii(text)
        check(text, found, config, whole_words=kind == "word")
