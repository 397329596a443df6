"""Reading a tokenizer.json: our own comes back, anything else is refused before the library sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrnn.config.tokenize import TokenizeConfig
from textrnn.errors import ModelError
from textrnn.text import tokenizer_schema as schema
from textrnn.text.tokenizer import build_model, build_tokenizer, encode_texts, written_frame
from textrnn.text.tokenizer_frame import frame_of
from textrnn.text.tokenizer_schema import TokenizerParts, read_parts, read_tokenizer

WORD = TokenizerParts("word", ("[PAD]", "[UNK]", "a", "é"), TokenizeConfig("words"))
BPE = TokenizerParts("bpe", ("[PAD]", "[UNK]", "a", "##é", "aé"), TokenizeConfig("words", False), (("a", "##é"),))
UNIGRAM = TokenizerParts("unigram", ("[PAD]", "[UNK]", "é", "a"), TokenizeConfig("words"), (), (0.0, 0.0, -1.5, -2.25))
CHARACTERS = TokenizerParts("word", ("[PAD]", "[UNK]", "a"), TokenizeConfig("characters", False, "nfc"))


def written(parts: TokenizerParts) -> bytes:
    model = build_model(parts.kind, parts.tokens, merges=parts.merges, log_probabilities=parts.log_probabilities)
    return build_tokenizer(parts.tokenizer, model).to_str().encode()


@pytest.mark.parametrize("parts", [WORD, BPE, UNIGRAM, CHARACTERS])
def test_our_own_file_comes_back(parts: TokenizerParts, tmp_path: Path) -> None:
    assert read_parts(written(parts)) == parts
    path = tmp_path / "tokenizer.json"
    path.write_bytes(written(parts))
    rebuilt = read_tokenizer(path)
    assert rebuilt.to_str().encode() == written(parts)
    assert len(encode_texts(rebuilt, ["a aé"])) == 1


FRAMES = [
    (TokenizeConfig(unit, lowercase, form), kind)
    for unit in ("words", "characters")
    for lowercase in (True, False)
    for form in ("nfkc", "nfc")
    for kind in ("word", "bpe", "unigram")
]


@pytest.mark.parametrize(("config", "kind"), FRAMES)
def test_the_frame_is_what_the_library_writes(config: TokenizeConfig, kind: Any) -> None:
    assert frame_of(config, kind) == written_frame(config, kind)


def test_what_a_later_library_writes_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.dumps({**json.loads(written(WORD)), "later": None}).encode()
    with pytest.raises(ModelError, match="later"):
        read_parts(data)
    monkeypatch.setattr("textrnn.text.tokenizer.written_frame", lambda *of: {**frame_of(*of), "later": None})
    assert read_parts(data).tokens == WORD.tokens


def test_merges_may_be_as_many_as_tokens_and_no_more() -> None:
    """Several pairs make one token: "a" with "##aa", and "aa" with "##a"."""
    begins, goes_on = ["a" * n for n in range(1, 5)], ["##" + "a" * n for n in range(1, 5)]
    tokens = ("[PAD]", "[UNK]", *begins, *goes_on)
    pairs = [(x, y) for x in begins + goes_on for y in goes_on if x + y.removeprefix("##") in tokens]
    assert len(pairs) > len(tokens)
    most = TokenizerParts("bpe", tokens, TokenizeConfig("words"), tuple(pairs[: len(tokens)]))
    assert read_parts(written(most)) == most
    with pytest.raises(ModelError, match="at most one a token"):
        read_parts(written(replace(most, merges=tuple(pairs[: len(tokens) + 1]))))


token = st.text(min_size=1, max_size=4).filter(lambda text: text not in ("[PAD]", "[UNK]"))


@given(st.lists(token, unique=True, max_size=8), st.lists(st.floats(-99, 0), min_size=8, max_size=8))
def test_any_tokens_come_back(tokens: list[str], scores: list[float]) -> None:
    every = ("[PAD]", "[UNK]", *tokens)
    word = TokenizerParts("word", every, TokenizeConfig("words"))
    assert read_parts(written(word)) == word
    unigram = TokenizerParts("unigram", every, TokenizeConfig("words"), (), (0.0, 0.0, *scores[: len(tokens)]))
    assert read_parts(written(unigram)) == unigram


def change(*path: str | int, to: Any) -> Callable[[Any], None]:
    def apply(tree: Any) -> None:
        for key in path[:-1]:
            tree = tree[key]
        tree[path[-1]] = to

    return apply


PAD_TOKEN = {"id": 0, "content": "[PAD]", "special": True}
PAIR = [["a", "##é"]]
CHANGES: list[tuple[TokenizerParts, Callable[[Any], None], str]] = [
    (WORD, change("added_tokens", to=[PAD_TOKEN]), "added_tokens"),
    (WORD, change("truncation", to={"max_length": 5}), "truncation"),
    (WORD, change("padding", to={}), "padding"),
    (WORD, change("post_processor", to={"type": "ByteLevel"}), "post_processor"),
    (WORD, change("decoder", to={"type": "WordPiece"}), "decoder"),
    (WORD, change("version", to="2.0"), "version"),
    (WORD, change("strange", to=1), "strange"),
    (WORD, change("normalizer", to=None), "normalizer"),
    (WORD, change("normalizer", "normalizers", 3, "pattern", to={"Regex": "(a|aa)+$"}), "normalizer"),
    (WORD, change("pre_tokenizer", "pretokenizers", 1, to={"type": "FixedLength", "length": 0}), "pre_tokenizer"),
    (WORD, change("model", "type", to="WordPiece"), "model of type"),
    (WORD, change("model", to=None), "model of type"),
    (WORD, change("model", "unk_token", to="a"), "model"),
    (WORD, change("model", "vocab", "a", to=3), "ids from 0"),
    (WORD, change("model", "vocab", "a", to=9), "ids from 0"),
    (WORD, change("model", "vocab", "a", to=2.0), "integers"),
    (WORD, change("model", "vocab", "a", to=True), "integers"),
    (WORD, change("model", "vocab", to=["a"]), "vocabulary"),
    (WORD, change("model", "vocab", to={"[UNK]": 0, "[PAD]": 1}), "with id 0"),
    (WORD, change("model", "vocab", to={"[PAD]": 0, "[UNK]": 1, "": 2}), "empty"),
    (WORD, change("model", "vocab", to={"[PAD]": 0, "[UNK]": 1, "\ud800": 2}), "surrogate"),
    (BPE, change("model", "merges", to=[["a", "é"]]), "does not make a token"),  # aborts the process, unread
    (BPE, change("model", "merges", to=[["##é", "a"]]), "does not make a token"),
    (BPE, change("model", "merges", to=[["é"]]), "merges"),
    (BPE, change("model", "merges", to=[[1, 2]]), "strings"),
    (BPE, change("model", "merges", to=PAIR * 2), "twice"),
    (BPE, change("model", "merges", to=PAIR * 9), "at most one"),
    (BPE, change("model", "merges", to=None), "merges"),
    (BPE, change("model", "continuing_subword_prefix", to="é"), "model"),
    (BPE, change("model", "dropout", to=0.5), "model"),
    (BPE, change("model", "byte_fallback", to=True), "model"),
    (UNIGRAM, change("model", "unk_id", to=7), "model"),
    (UNIGRAM, change("model", "vocab", 2, 1, to=float("nan")), "scores"),
    (UNIGRAM, change("model", "vocab", 2, 1, to=float("-inf")), "scores"),
    (UNIGRAM, change("model", "vocab", 2, 1, to=0.5), "scores"),
    (UNIGRAM, change("model", "vocab", 2, 1, to="0"), "scores"),
    (UNIGRAM, change("model", "vocab", 2, 0, to=5), "strings"),
    (UNIGRAM, change("model", "vocab", 2, 0, to="a"), "twice"),
    (UNIGRAM, change("model", "vocab", 2, 0, to="a" * 17), "at most 16 characters, found 17"),
    (UNIGRAM, change("model", "vocab", to=[]), "vocabulary"),
    (UNIGRAM, change("model", "vocab", 2, to=["a"]), "vocabulary"),
]


@pytest.mark.parametrize(("parts", "apply", "message"), CHANGES)
def test_a_foreign_file_is_refused(parts: TokenizerParts, apply: Callable[[Any], None], message: str) -> None:
    tree = json.loads(written(parts))
    apply(tree)
    with pytest.raises(ModelError, match=message) as raised:
        read_tokenizer(json.dumps(tree).encode())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"[]", b"null", b"3", b'{"model": []}', b"[" * 100_000, b'{"model": ' + b"9" * 5000 + b"}"],
)
def test_what_is_no_tokenizer_is_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"tokenizer\.json: expected"):
        read_tokenizer(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_in_the_place_of_a_part_is_refused_or_harmless(value: Any) -> None:
    for parts in (WORD, BPE, UNIGRAM):
        for key in ("model", "normalizer", "added_tokens"):
            tree = json.loads(written(parts))
            tree[key] = value
            data = json.dumps(tree).encode()
            if tree != json.loads(written(parts)):
                with pytest.raises(ModelError):
                    read_parts(data)
        tree = json.loads(written(parts))
        tree["model"]["vocab"] = tree["model"]["merges"] = value
        with pytest.raises(ModelError):
            read_parts(json.dumps(tree).encode())


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.json: cannot be read \(No such file"):
        read_tokenizer(tmp_path / "gone.json")


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(written(WORD))
    monkeypatch.setattr(schema, "MAX_TOKENS", 3)
    with pytest.raises(ModelError, match="at most 3 tokens, found 4"):
        read_tokenizer(path)
    monkeypatch.setattr(schema, "MAX_BYTES", 10)
    for source in (path, path.read_bytes()):
        with pytest.raises(ModelError, match="at most 10 bytes"):
            read_tokenizer(source)
