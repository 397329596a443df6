"""Tokenizing a corpus: equal to the library on whole texts, in a fixed order, and stoppable."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers.models import WordLevel

from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.corpus import Corpus, Examples
from textrnn.data.target import single_target
from textrnn.errors import DataError
from textrnn.text import tokenize as module
from textrnn.text.tokenize import tokenize, tokenize_texts
from textrnn.text.tokenizer import build_tokenizer
from textrnn.text.words import Words

CONFIGS = [TokenizeConfig(unit, lowercase) for unit in ("words", "characters") for lowercase in (True, False)]
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


@given(st.lists(odd_text, max_size=6), st.sampled_from(CONFIGS))
def test_words_are_those_of_the_library_on_whole_texts(texts: list[str], config: TokenizeConfig) -> None:
    tokenizer = build_tokenizer(config, WordLevel({}, unk_token="[UNK]"))
    whole = [
        [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text))]
        for text in texts
    ]
    table, rows = tokenize_texts(texts, config)
    assert [[table[number] for number in rows[i]] for i in range(len(rows))] == whole
    counts = Counter(word for row in whole for word in row)
    assert table == sorted(counts, key=lambda word: (-counts[word], word))


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


@pytest.mark.parametrize("size", [1, 2, 7])
def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    texts = [f"word{i % 5} common, {'x' * (i % 50)} the" for i in range(40)]
    table, rows = tokenize_texts(texts, TokenizeConfig())
    monkeypatch.setattr(module, "_BATCH_TEXTS", size)
    monkeypatch.setattr(module, "_PIECES_KEPT", size)
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
from textrnn.data.corpus import Corpus, Examples
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
