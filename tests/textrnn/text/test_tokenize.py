"""Tokenizing a corpus: equal to the library on whole texts, in a fixed order, and stoppable."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.models import WordLevel

from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.corpus import Corpus
from textrnn.data.examples import Examples
from textrnn.data.target import single_target
from textrnn.errors import DataError
from textrnn.text import tokenize as module
from textrnn.text.ragged import Ragged
from textrnn.text.tokenize import tokenize, tokenize_texts
from textrnn.text.tokenizer import build_tokenizer
from textrnn.text.words import Words

CONFIGS = [TokenizeConfig(unit, lowercase) for unit in ("words", "characters") for lowercase in (True, False)]
CONFIGS.append(TokenizeConfig("words", normalize="nfc"))
odd_text = st.text(
    alphabet=st.sampled_from(
        "aAbBİΣ\u03c3ςǅﬁ½\u0301\u0345\u200d\u00a0\u2028\x1c\x85\t\n\0 .,'[]#<br/>ﷺ中😀\u1e9b\u0323"
    ),
    max_size=40,
)


def corpus_of(**splits: list[str]) -> Corpus:
    examples = {
        name: Examples({"text": texts}, ["no", "yes"] * len(texts), np.arange(1, len(texts) + 1))
        for name, texts in splits.items()
    }
    for name, texts in splits.items():
        del examples[name].labels[len(texts) :]
    return Corpus(examples, single_target(["yes", "no"]))  # type: ignore[arg-type]


def spelled(words: Words, split: str) -> list[list[str]]:
    rows = words.splits[split]  # type: ignore[index]
    return [[words.table[number] for number in rows[i]] for i in range(len(rows))]


# breaks whole, cut and almost, and what combines with their ends or with a cut
broken_text = st.lists(
    st.sampled_from(
        ["<br />", "<br", "<BR", "<bR ", "/>", ">", " ", "  ", "\n", "\t", "\u00a0", "\0", "\uff1cbr\uff0f\uff1e",
         "\uff1cbr", "\u0338", "\u0301", "\u0345", "a", "b.", ".", "\n.\n", "<", "/", "é", "\u00a8"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


def spell(found: tuple[list[str], Ragged]) -> list[list[str]]:
    table, rows = found
    return [[table[number] for number in rows[i]] for i in range(len(rows))]


def split_by_library(texts: list[str], config: TokenizeConfig) -> list[list[str]]:
    tokenizer = build_tokenizer(config, WordLevel({}, unk_token="[UNK]"))
    normal = [tokenizer.normalizer.normalize_str(text) for text in texts]
    return [[word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)] for text in normal]


@settings(max_examples=300, deadline=None)
@given(st.lists(odd_text | broken_text, max_size=6), st.sampled_from(CONFIGS))
def test_words_are_those_of_the_library_on_whole_texts(texts: list[str], config: TokenizeConfig) -> None:
    whole = split_by_library(texts, config)
    found = tokenize_texts(texts, config)
    assert spell(found) == whole
    counts = Counter(word for row in whole for word in row)
    assert found[0] == sorted(counts, key=lambda word: (-counts[word], word))


def is_odd(point: int) -> bool:
    """Whether a character is white, a mark, punctuation, changes, or is one of many plain ones."""
    character = chr(point)
    plain = unicodedata.category(character) in ("Lo", "Ll", "Cn", "Co") or 0xD800 <= point < 0xE000
    return not plain or unicodedata.normalize("NFKC", character) != character


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_every_character_is_what_the_library_takes_it_for(config: TokenizeConfig) -> None:
    points = [point for point in range(0x20000) if is_odd(point)]
    around = ["{}", "a{}b", "<br{}/>", "<br {} />", "{}\u0338 ", "\n{}\u0301 "]
    texts = ["|".join(form.format(chr(point)) for form in around) for point in points]
    assert len(texts) > 8000
    assert spell(tokenize_texts(texts, config)) == split_by_library(texts, config)


def test_a_break_may_reach_over_a_cut() -> None:
    breaks = ["<br  />", "<br\n/>", "<BR />", "<br\t\t >", "<br />", "\uff1cbr \uff0f\uff1e"]
    texts = [f"one{html}two" for html in breaks] + ["one<br / >two", "<br", "/>", "one<br >\u0338"]
    whole = split_by_library(texts, TokenizeConfig())
    assert whole[: len(breaks)] == [["one", "two"]] * len(breaks)
    assert spell(tokenize_texts(texts, TokenizeConfig())) == whole
    assert spell(tokenize_texts(texts[::-1] * 2, TokenizeConfig())) == whole[::-1] * 2


def test_one_table_for_all_splits() -> None:
    corpus = corpus_of(train=["The film, the film!", ""], validation=["a film"], test=["Zebra", "\0 <br />"])
    words = tokenize(corpus, TokenizeConfig())
    assert words.table == ["film", "the", "!", ",", "a", "zebra"]
    assert spelled(words, "train") == [["the", "film", ",", "the", "film", "!"], []]
    assert spelled(words, "validation") == [["a", "film"]]
    assert spelled(words, "test") == [["zebra"], []]
    assert words.labels["train"].tolist() == [0, 1]
    assert words.counts("train").tolist() == [2, 2, 1, 1, 0, 0]
    for rows in words.splits.values():
        assert rows.flat.dtype == np.int32
        assert rows.offsets.dtype == np.int64
        assert rows.offsets[0] == 0


@pytest.mark.parametrize("kept", [1, 1000])
@pytest.mark.parametrize("size", [1, 2, 7])
def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch, size: int, kept: int) -> None:
    texts = [f"word{i % 5} common, {'x' * (i % 50)} the<br  /> end<br" for i in range(40)]
    table, rows = tokenize_texts(texts, TokenizeConfig())
    monkeypatch.setattr(module, "_BATCH_TEXTS", size)
    monkeypatch.setattr(module, "_PIECES_KEPT", kept)
    again, others = tokenize_texts(texts, TokenizeConfig())
    assert again == table
    assert np.array_equal(others.flat, rows.flat)
    assert np.array_equal(others.offsets, rows.offsets)


def test_long_pieces_are_split_too() -> None:
    table, rows = tokenize_texts(["ab," * 100, "ab," * 100], TokenizeConfig())
    assert table == [",", "ab"]
    assert rows.lengths.tolist() == [200, 200]


def test_nothing_at_all() -> None:
    words = tokenize(corpus_of(train=[], test=["", " "]), TokenizeConfig())
    assert words.table == []
    assert [len(rows) for rows in words.splits.values()] == [0, 2]


def test_progress_is_told_and_may_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH_TEXTS", 2)
    corpus = corpus_of(train=["a", "b", "c"], test=["d", "e"])
    told: list[tuple[int, int]] = []
    tokenize(corpus, TokenizeConfig(), on_progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]

    def stop(done: int, total: int) -> None:
        raise InterruptedError(done)

    with pytest.raises(InterruptedError, match="2"):
        tokenize(corpus, TokenizeConfig(), on_progress=stop)


def test_faults_are_data_errors() -> None:
    with pytest.raises(DataError, match="texts 1 to 2: expected Unicode text"):
        tokenize_texts(["fine", "\ud800"], TokenizeConfig())
    with pytest.raises(DataError, match="text 2: expected a string"):
        tokenize_texts(["fine", None], TokenizeConfig())  # type: ignore[list-item]
    corpus = corpus_of(train=["a"])
    with pytest.raises(DataError, match="label 'maybe'"):
        tokenize(
            Corpus({"train": Examples({"text": ["a"]}, ["maybe"], np.ones(1, np.int64))}, corpus.target),
            TokenizeConfig(),
        )


def digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.corpus import Corpus
from textrnn.data.examples import Examples
from textrnn.data.target import single_target
from textrnn.text.tokenize import tokenize
texts = [f"w{i % 97} v{i % 31}, u{i * i % 53} Same" for i in range(3000)]
corpus = Corpus({"train": Examples({"text": texts}, ["a", "b"] * 1500, np.arange(3000))}, single_target(["a", "b"]))
tokenize(corpus, TokenizeConfig()).save(Path(sys.argv[1]))
"""


def test_every_process_gives_equal_bytes(tmp_path: Path) -> None:
    digests = set()
    for run, parallel in enumerate(("false", "true", "true")):
        env = {**os.environ, "TOKENIZERS_PARALLELISM": parallel, "PYTHONHASHSEED": str(run)}
        subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path / str(run))], check=True, env=env)
        digests.add(digest(tmp_path / str(run)))
    assert len(digests) == 1
