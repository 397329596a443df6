"""Texts to token ids in C: equal to the library's for any text, and its errors where it cannot be."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textrnn.config.tokenize import TokenizeConfig
from textrnn.errors import DataError, TextrnnError
from textrnn.kernels.library import SWITCH_VARIABLE, find_library
from textrnn.text import code_points, word_encoder
from textrnn.text.ragged import Ragged
from textrnn.text.text_encoder import TextEncoder
from textrnn.text.tokenizer import encode_texts
from textrnn.text.tokenizer_schema import TokenizerParts, rebuild

needs_c = pytest.mark.skipif(find_library() is None, reason="needs the kernels")
CONFIGS = [
    TokenizeConfig(unit, lowercase, form)  # type: ignore[arg-type]
    for unit in ("words", "characters")
    for lowercase in (True, False)
    for form in ("nfkc", "nfc")
]
WORDS = "a b ab br bR B é É e\u0301 i\u0307 café naïve 中 文 中文 ... . , < > / 1\u20442 fi ﬁ σ ς οδοσ d' ' ’ 가 각"
WORDS += " \u1100 か が [ ] PAD pad [PAD [pad] ss ß ﬀ 👍 ❤\ufe0f \ufe0f नमस्ते ข้า กำ a\u0338 <\u0338 \u2260 x" + "y" * 40
TOKENS = ("[PAD]", "[UNK]", *dict.fromkeys(WORDS.split(" ")), *("c" * length for length in (7, 8, 9, 16, 17)))
# marks in order and not, halves of breaks, joiners, Hangul, what a normal form splits or joins, what came of late
SPACES = [" ", " ", "\t", "\n", "\0", "\x1c", "\x85", "\xa0", "\u2028", "\u3000", "\u200b", "\u180e"]
BREAKS = ["<br", "<BR>", "<br \0/>", "<br" + " " * 9 + ">", "<br" + " " * 10 + ">", "\uff1cＢr\u3000\uff0f\uff1e", "/>"]
ODD = "\u0301 \u0323 \u0345 \u05b0 \u05b4 \u064b \u093c \u094d \u0e38 \u0e48 \u3099 \u309a \u1161 \u11a8 \u3131 \u314f"
ODD += (
    " \uffa1 \uffc2 \u09c7 \u09be \u0dd9 \u0dca \u0130 \u03a3 \u1e9e \ufdfa \ufb03 \u00b4 \u00a8 \u2026 ½ \u0378 \u2e5d"
)
ODD += " \U0001f9ff \U00020000 \u9fff c cc cccc"
PARTS = [*WORDS.split(" "), *ODD.split(" "), *SPACES, *BREAKS]
MIXED = st.lists(st.sampled_from(PARTS) | st.characters(exclude_categories=["Cs"]), max_size=25).map("".join)


def parts_of(config: TokenizeConfig, tokens: tuple[str, ...] = TOKENS) -> TokenizerParts:
    return TokenizerParts("word", tokens, config)


@cache
def encoder_of(config: TokenizeConfig) -> TextEncoder:
    return TextEncoder(parts_of(config))


def assert_equal(found: Ragged, expected: Ragged) -> None:
    assert [row.tolist() for row in map(found.__getitem__, range(len(found)))] == [
        row.tolist() for row in map(expected.__getitem__, range(len(expected)))
    ]
    assert (found.flat.dtype, found.offsets.dtype) == (np.int32, np.int64)


@pytest.mark.parametrize("config", CONFIGS)
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(MIXED | st.text(), max_size=6))
@example(texts=["a<br>b", "<<br/><br />x", "<bbr>", "<br", "", "\uff1cbr\uff1e", "<b<br>r>", "ccccccc cccccccc"])
@example(texts=["\u05b4\u05b0", "\u05b0\u05b4", "x\u0e48\u0e38", "x\u0e38\u0e48", "\u0345\u0301", "\u00b4\u0323"])
def test_ids_are_those_of_the_library(config: TokenizeConfig, texts: list[str]) -> None:
    encoder = encoder_of(config)
    assert_equal(encoder.encode(texts), encode_texts(encoder.tokenizer, texts))


@needs_c
@settings(max_examples=60, deadline=None)
@given(
    tokens=st.lists(st.text(alphabet="ab\0é中", min_size=1, max_size=20), unique=True, max_size=30),
    words=st.lists(st.text(alphabet="abé中", min_size=1, max_size=20), max_size=20),
)
def test_any_tokens_are_found(tokens: list[str], words: list[str]) -> None:
    encoder = TextEncoder(parts_of(TokenizeConfig("words"), ("[PAD]", "[UNK]", *tokens)))
    known = {token: number for number, token in enumerate(tokens, 2)}
    expected = [known.get(word, 1) for word in [*words, *(token for token in tokens if "\0" not in token)]]
    texts = [" ".join([*words, *(token for token in tokens if "\0" not in token)])]
    assert encoder.encode(texts).flat.tolist() == expected


@needs_c
def test_a_large_vocabulary_is_found_whole() -> None:
    tokens = tuple(f"w{number}" for number in range(50_000))
    encoder = TextEncoder(parts_of(TokenizeConfig("words"), ("[PAD]", "[UNK]", *tokens)))
    assert encoder.encode([" ".join(tokens)]).flat.tolist() == list(range(2, 50_002))
    assert encoder.encode(["w50000 W49999, w-1"]).flat.tolist() == [1, 50_001, 1, 1, 1, 1]


@needs_c
@given(texts=st.lists(MIXED, max_size=12), at_once=st.integers(1, 40))
def test_texts_are_encoded_some_at_a_time(texts: list[str], at_once: int) -> None:
    encoder = encoder_of(CONFIGS[0])
    whole = encoder.encode(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_encoder, "CHARACTERS_AT_ONCE", at_once)
        assert_equal(encoder.encode(texts), whole)


HARD = {
    "one word": "a" * 50_000,
    "breaks": "<br>" * 12_000,
    "an open break": "<br" + " " * 50_000,
    "half breaks": "<br         " * 4_000,
    "Chinese": "中文" * 25_000,
    "what becomes several": "\u2026½" * 15_000,
    "marks": "e" + "\u094d" * 50_000,
    "a late mark": "ab " * 15_000 + "\u0301",
}


@pytest.mark.parametrize("name", HARD)
def test_long_texts_have_the_ids_of_the_library(name: str) -> None:
    encoder, texts = encoder_of(CONFIGS[0]), ["a", HARD[name], "b"]
    assert_equal(encoder.encode(texts), encode_texts(encoder.tokenizer, texts))


@pytest.mark.parametrize("wrong", ["\ud800", None, 3, ["a"], b"a"])
def test_what_is_no_text_is_named_as_by_the_library(wrong: object) -> None:
    encoder = encoder_of(CONFIGS[0])
    texts = ["fine", "中\u0301", wrong, "fine"]
    messages = []
    for encode in (encoder.encode, lambda texts: encode_texts(encoder.tokenizer, texts)):
        with pytest.raises(DataError) as raised:
            encode(texts)  # type: ignore[operator]
        messages.append(str(raised.value))
    assert messages[0] == messages[1]


def test_a_failure_of_the_library_names_the_text_among_all(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = TextEncoder(parts_of(CONFIGS[0]))
    calls: list[int] = []

    def fail(tokenizer: object, texts: list[str]) -> Ragged:
        calls.append(len(texts))
        raise TextrnnError(f"one of {len(texts)}")

    monkeypatch.setattr("textrnn.text.tokenizer.encode_texts", fail)
    with pytest.raises(TextrnnError, match="one of 3"):
        encoder.encode(["a", "b", "e\u0301"])
    assert calls[-1] == 3


def test_subwords_and_machines_without_c_use_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = ("[PAD]", "[UNK]", "a", "##b", "ab")
    bpe = TextEncoder(TokenizerParts("bpe", tokens, TokenizeConfig("words"), (("a", "##b"),)))
    assert bpe._words is None
    assert bpe.encode(["ab a c"]).flat.tolist() == [4, 2, 1]
    monkeypatch.setenv(SWITCH_VARIABLE, "0")
    plain = TextEncoder(parts_of(CONFIGS[0]))
    assert plain._words is None
    texts = ["a b", "中文", "e\u0301"]
    assert_equal(plain.encode(texts), encoder_of(CONFIGS[0]).encode(texts))
    assert (repr(bpe), bpe.vocabulary_size) == ("TextEncoder(bpe, 5 tokens)", 5)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda encoder: pickle.loads(pickle.dumps(encoder))])
def test_a_copy_encodes_alike(copied: Callable[[TextEncoder], TextEncoder]) -> None:
    encoder, texts = encoder_of(CONFIGS[0]), ["a b", "中文", "e\u0301"]
    expected = encoder.encode(texts)
    assert_equal(copied(encoder).encode(texts), expected)


@needs_c
def test_threads_may_fill_the_table_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_encoder, "code_points_of", code_points.CodePoints)
    encoder = TextEncoder(parts_of(TokenizeConfig("characters")))
    texts = ["".join(map(chr, range(start, start + 300))) for start in range(0x2000, 0xA000, 300)]
    found: list[Ragged] = []
    threads = [threading.Thread(target=lambda: found.append(encoder.encode(texts))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = encode_texts(rebuild(encoder.parts), texts)
    for rows in found:
        assert_equal(rows, expected)
    assert len(found) == 4


NO_LIBRARY = """
import sys
from textrnn.config.tokenize import TokenizeConfig
from textrnn.text.text_encoder import TextEncoder
from textrnn.text.tokenizer_schema import TokenizerParts, read_parts
encoder = TextEncoder(read_parts(sys.stdin.buffer.read()))
assert encoder.encode(["a \\u4e2d caf\\u00e9\\u2026", "b"]).flat.tolist()
assert "tokenizers" not in sys.modules
encoder.encode(["e\\u0301"])
assert "tokenizers" in sys.modules
"""


@needs_c
def test_the_library_is_imported_for_a_text_that_needs_it_alone() -> None:
    written = rebuild(parts_of(CONFIGS[0])).to_str().encode()
    subprocess.run([sys.executable, "-c", NO_LIBRARY], input=written, check=True)
