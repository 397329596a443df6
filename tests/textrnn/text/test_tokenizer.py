"""The tokenizer: what a word is, what never becomes PAD or UNK, what cannot break it."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import FixedLength

from textrnn.config.tokenize import TokenizeConfig, Unit
from textrnn.config.vocabulary import VocabularyKind
from textrnn.errors import DataError, TextrnnError
from textrnn.text import tokenizer as module
from textrnn.text.special_tokens import PAD, UNK
from textrnn.text.tokenizer import batches, build_model, build_tokenizer, cut_at_words, encode_texts

CONFIGS = [TokenizeConfig(unit, lowercase) for unit in ("words", "characters") for lowercase in (True, False)]


def split(text: str, unit: Unit = "words", lowercase: bool = True) -> list[str]:
    """The words a tokenizer hands to its model."""
    tokenizer = build_tokenizer(TokenizeConfig(unit, lowercase), WordLevel({}, unk_token="[UNK]"))
    normal = tokenizer.normalizer.normalize_str(text)
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What a film!", ["what", "a", "film", "!"]),
        ("don't...", ["don", "'", "t", ".", ".", "."]),
        ("a\tb\nc\u00a0d\u3000e\u2028f", ["a", "b", "c", "d", "e", "f"]),
        ("a\0b", ["a", "b"]),
        ("a<br>b<br/>c<br />d<BR>e<Br  />f", ["a", "b", "c", "d", "e", "f"]),
        ("\uff1cbr\uff1ex", ["x"]),  # full-width: NFKC comes first
        ("<b>r", ["<", "b", ">", "r"]),
        ("ﬁne Ⅷ ½", ["fine", "viii", "1\u20442"]),
        ("e\u0301", ["é"]),
        ("\ufdfa", ["صلى", "الله", "عليه", "وسلم"]),
        ("", []),
        (" \n\0<br>", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert split(text) == words


def test_case_is_kept_when_asked() -> None:
    assert split("A<BR>b", lowercase=False) == ["A", "b"]


@pytest.mark.parametrize(("text", "word"), [("ΟΔΟΣ", "οδοσ"), ("İI", "i\u0307i"), ("ẞ", "ß"), ("Ǆ", "dž")])
def test_case_is_folded_as_the_library_does(text: str, word: str) -> None:
    assert split(text) == [word]  # str.lower would end the first with a final sigma


def test_characters_are_single_code_points() -> None:
    assert split("Ab, 中\u200d😀", "characters") == ["a", "b", ",", "中", "\u200d", "😀"]
    assert split("[PAD]", "characters", lowercase=False) == ["[", "P", "A", "D", "]"]


@given(st.text())
def test_characters_lose_white_space_alone(text: str) -> None:
    tokenizer = build_tokenizer(TokenizeConfig("characters"), WordLevel({}, unk_token="[UNK]"))
    normal = tokenizer.normalizer.normalize_str(text)
    characters = split(text, "characters")
    assert all(len(character) == 1 for character in characters)
    # Python counts U+001C to U+001F as white space, Unicode does not
    kept = [c for c in normal if not c.isspace() or c in "\x1c\x1d\x1e\x1f"]
    assert characters == kept


def models() -> list[tuple[VocabularyKind, dict[str, object]]]:
    letters = ["[", "]", "P", "A", "D", "p", "a", "d", "U", "N", "K", "u", "n", "k"]
    tokens = ["[PAD]", "[UNK]", *letters, *("##" + letter for letter in letters)]
    return [
        ("word", {"tokens": tokens}),
        ("bpe", {"tokens": tokens}),
        ("unigram", {"tokens": tokens, "log_probabilities": [0.0, 0.0, *[-3.0] * (len(tokens) - 2)]}),
    ]


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize(("kind", "parts"), models())
def test_no_text_becomes_pad(kind: VocabularyKind, parts: dict[str, object], config: TokenizeConfig) -> None:
    model = build_model(kind, **parts)  # type: ignore[arg-type]
    tokenizer = build_tokenizer(config, model)
    texts = ["[PAD]", "x[PAD]y", "[PAD][PAD]", "\uff3bPAD\uff3d", "[PA<br>D]", "##[PAD]", "[pad]", "[UNK]", "[PAD"]
    for row in encode_texts(tokenizer, texts).flat.tolist():
        assert row != PAD
    for word in ("[PAD]", "[UNK]"):  # in brackets, so never one word, whatever the case
        ids = encode_texts(tokenizer, [word]).flat.tolist()
        assert len(ids) >= 3
        assert (UNK in ids) == (kind == "word" and config.unit == "words")


@pytest.mark.parametrize("config", CONFIGS)
def test_nothing_is_special_cut_or_padded(config: TokenizeConfig) -> None:
    tree = json.loads(build_tokenizer(config, build_model("word", ["[PAD]", "[UNK]", "a"])).to_str())
    assert tree["added_tokens"] == []
    assert [tree[key] for key in ("truncation", "padding", "post_processor", "decoder")] == [None] * 4


HARD = {
    "one word": "a" * 1_000_000,
    "marks": "e" + "\u0301" * 1_000_000,
    "NUL": "\0" * 1_000_000,
    "breaks": "<br>" * 250_000,
    "an open break": "<br" + " " * 999_997,
    "half breaks": "<br         " * 83_333,
    "white space": " " * 1_000_000,
    "punctuation": "." * 300_000,
    "expanding": "\ufdfa" * 20_000,
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("kind", ["word", "bpe", "unigram"])
def test_hard_texts_take_linear_time(name: str, kind: VocabularyKind) -> None:
    tokens = ["[PAD]", "[UNK]", "a", "##a", "aa", "##aa"]
    scores = [0.0, 0.0, -1.0, -1.0, -1.5, -1.5]
    merges = [("a", "##a"), ("##a", "##a")] if kind == "bpe" else []
    tokenizer = build_tokenizer(TokenizeConfig(), build_model(kind, tokens, merges=merges, log_probabilities=scores))
    start = time.process_time()
    encode_texts(tokenizer, [HARD[name]])
    assert time.process_time() - start < 10  # measured: under 2; quadratic would be minutes


def test_encoding_keeps_the_rows() -> None:
    tokenizer = build_tokenizer(TokenizeConfig(), build_model("word", ["[PAD]", "[UNK]", "a", "b"]))
    rows = encode_texts(tokenizer, ["a b", "", "c", "b b a"])
    assert [rows[i].tolist() for i in range(len(rows))] == [[2, 3], [], [1], [3, 3, 2]]
    assert rows.flat.dtype == np.int32
    assert len(encode_texts(tokenizer, [])) == 0


# all that may change its neighbours: marks, halves of breaks, joiners, what a normal form splits or joins
PARTS = r"a b . < / > r B R \n \u0301 \u0338 = ! , - _ \u4e2d \u3002 \uff0c \u2026 \u2014 \xad \u200d \ufdfa \ufb03"
PARTS += r" \u03a3 \u03c3 \u0345 \U0001f600 \0 \xe9 \u212b \u3099 \u304b \uff1c \uff1e \uff0f"
BREAKS = ["<br>", "<br/>", "<BR  />", "</", "//", ">>", "/>", "bb", "rr", "...", ",,", " ", "  "]
SINGLE = PARTS.encode().decode("unicode_escape").split(" ")
MIXED = st.lists(st.sampled_from([*SINGLE, *BREAKS]), max_size=40).map("".join)


@pytest.mark.parametrize("config", [*CONFIGS, TokenizeConfig(normalize="nfc")])
@given(text=MIXED, size=st.integers(1, 9))
@example(text="a<\u0338b...<br  /><br>//>>", size=1)
def test_a_text_in_pieces_has_the_same_words(config: TokenizeConfig, text: str, size: int) -> None:
    tokenizer = build_tokenizer(config, WordLevel({}, unk_token="[UNK]"))

    def words(part: str) -> list[str]:
        normal = tokenizer.normalizer.normalize_str(part)
        return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)]

    pieces = list(cut_at_words(text, size, by_character=config.unit == "characters"))
    assert "".join(pieces) == text
    assert [word for piece in pieces for word in words(piece)] == words(text)


@pytest.mark.parametrize("unit", ["words", "characters"])
def test_a_long_text_is_encoded_in_pieces(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = ["[PAD]", "[UNK]", "a", "b", ".", "##b", "ab", "<"]
    text = "ab.a b. <br> ...cab<" * 40
    for kind in ("word", "bpe"):
        model = build_model(kind, tokens, merges=[("a", "##b")] if kind == "bpe" else [])
        tokenizer = build_tokenizer(TokenizeConfig(unit), model)
        whole = encode_texts(tokenizer, ["a", text])[1].tolist()
        with monkeypatch.context() as patch:
            patch.setattr(module, "PIECE_CHARACTERS", 7)
            assert encode_texts(tokenizer, [text])[0].tolist() == whole
    assert len(list(cut_at_words(text, 7, by_character=unit == "characters"))) > 50


@given(st.lists(st.text(max_size=9), max_size=20), st.integers(1, 5), st.integers(1, 20))
def test_batches_keep_order_and_bounds(texts: list[str], most: int, characters: int) -> None:
    made = list(batches(texts, most, characters))
    assert [text for batch in made for text in batch] == texts
    for batch in made:
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or sum(map(len, batch)) <= characters


def test_batches_count_what_texts_grow_to() -> None:
    assert [len(batch) for batch in batches(["\ufdfa" * 10] * 6, 100, 400)] == [2, 2, 2]
    assert [len(batch) for batch in batches(["a" * 10] * 6, 100, 400)] == [6]


@pytest.mark.parametrize("wrong", ["\ud800", None, 3])
def test_a_text_that_is_no_unicode_is_a_data_error(wrong: object) -> None:
    tokenizer = build_tokenizer(TokenizeConfig(), build_model("word", ["[PAD]", "[UNK]"]))
    with pytest.raises(DataError, match=r"text.* 1.*: expected"):
        encode_texts(tokenizer, [wrong, "fine"])  # type: ignore[list-item]


def test_a_panic_of_the_library_is_our_error() -> None:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = FixedLength(length=0)  # which panics
    with pytest.raises(BaseException, match="must be non-zero") as raised:
        tokenizer.encode_batch_fast(["text"])
    assert not isinstance(raised.value, Exception)
    with pytest.raises(TextrnnError, match="one of texts 1 to 2: the library tokenizers failed: chunk size"):
        encode_texts(tokenizer, ["fine", "text"])


def test_an_error_of_the_library_is_our_error() -> None:
    tokenizer = Tokenizer(WordLevel({"a": 0}, unk_token="[UNK]"))
    with pytest.raises(TextrnnError, match="text 1: the library tokenizers failed"):
        encode_texts(tokenizer, ["b"])


def test_a_stop_is_not_taken_for_a_panic() -> None:
    class Stopping:
        def encode_batch_fast(self, *_: object, **__: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_texts(Stopping(), ["text"])  # type: ignore[arg-type]
