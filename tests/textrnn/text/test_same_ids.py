"""The proof: a saved tokenizer.json alone gives the pipeline's ids on any text."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_texts import BREAKS, EMOJI, NAMES, ODD, SPACES, any_text, any_word
from tiny import MODEL, TRAIN
from tokenizers import Tokenizer

from textrnn.bundling.bundle import folder_of
from textrnn.config.tokenize import Normalize, TokenizeConfig, Unit
from textrnn.config.vocabulary import VocabularyConfig, VocabularyKind
from textrnn.data.corpus import Corpus
from textrnn.data.examples import Examples
from textrnn.data.target import single_target
from textrnn.data.text_boundary import bound_text
from textrnn.decision.decision import Decision
from textrnn.inference.classifier import Classifier
from textrnn.linear.ngram_branch import empty_branch
from textrnn.model.folder import load_predictor
from textrnn.model.predictor import Predictor
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.numericalize import numericalize
from textrnn.text.read_unlabelled import encode_unlabelled
from textrnn.text.special_tokens import PAD, UNK
from textrnn.text.text_encoder import TextEncoder
from textrnn.text.tokenize import tokenize
from textrnn.text.tokenizer import encode_texts
from textrnn.text.tokenizer_schema import read_parts, read_tokenizer
from textrnn.text.vocabulary import Vocabulary

TEXTS = 10_000


@cache
def corpus() -> Corpus:
    source = random.Random(20_240_501)
    known = [any_word(source) for _ in range(300)]
    train = [any_text(source, known) for _ in range(2000)]
    known = sorted({word for text in train for word in text.split()})
    test = [any_text(source, known) for _ in range(TEXTS)]
    examples = {
        name: Examples({"text": texts}, ["a"] * len(texts), np.arange(1, len(texts) + 1))
        for name, texts in (("train", train), ("test", test))
    }
    return Corpus(examples, single_target(["a", "b"]))  # type: ignore[arg-type]


CASES: list[tuple[Unit, VocabularyKind]] = [
    ("words", "word"),
    ("characters", "word"),
    ("words", "bpe"),
    ("words", "unigram"),
]


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize(("unit", "kind"), CASES)
def test_saved_tokenizer_gives_the_ids_of_the_pipeline(
    unit: Unit, kind: VocabularyKind, lowercase: bool, tmp_path: Path
) -> None:
    words = tokenize(corpus(), TokenizeConfig(unit, lowercase))
    vocabulary = build_vocabulary(words, VocabularyConfig(kind=kind, max_size=2500))
    vocabulary.save(tmp_path)
    ids = numericalize(words, Vocabulary.load(tmp_path))
    path = tmp_path / "tokenizer.json"
    plain, ours = Tokenizer.from_file(str(path)), read_tokenizer(path)
    encoder = TextEncoder(read_parts(path))
    for split, examples in corpus().splits.items():
        expected = ids.splits[split]
        encodings = plain.encode_batch(examples.texts)  # special tokens and all, were there any
        for row, (text, encoding) in enumerate(zip(examples.texts, encodings, strict=True)):
            assert encoding.ids == expected[row].tolist(), ascii(text)
        for rebuilt in (encode_texts(ours, examples.texts), encoder.encode(examples.texts)):
            assert np.array_equal(rebuilt.flat, expected.flat)
            assert np.array_equal(rebuilt.offsets, expected.offsets)
        assert PAD not in expected.flat
        assert 0.005 < np.mean(expected.flat == UNK) < 0.6  # the texts do try both known and unknown
    assert len(corpus().splits["test"]) == TEXTS


CHINESE = ["手机很好用，物流也快", "頭髮乾燥，後來發現很好", "这件Ｔ恤３折<br />不错", "very good", "质量不好"] * 4
MORE = ["\0", "\ud800", "good", "质量"]
chinese_text = st.lists(
    st.sampled_from([*"手机很好用頭髮乾發〇，。！Ｔ恤３", *SPACES, *BREAKS, *NAMES, *ODD, *EMOJI, *MORE])
    | st.characters(),
    max_size=15,
).map("".join)


@cache
def read_chinese(config: TokenizeConfig) -> tuple[Vocabulary, Predictor]:
    """A vocabulary of Chinese texts, and the predictor of a saved model that holds it."""
    examples = Examples({"text": CHINESE}, ["a"] * len(CHINESE), np.arange(1, len(CHINESE) + 1))
    words = tokenize(Corpus({"train": examples}, single_target(["a", "b"])), config)
    vocabulary = build_vocabulary(words, VocabularyConfig(min_count=1))
    weights = to_arrays(build_model(MODEL, len(vocabulary), 2, seed=0)).weights
    classifier = Classifier(weights, MODEL, TRAIN, words.target, len(vocabulary), [], 1)
    about: dict[str, Any] = {"metrics": {}, "provenance": {}, "card": ""}
    with TemporaryDirectory() as home:
        folder_of(vocabulary, classifier, empty_branch(2), Decision(), **about).save(Path(home, "model"))
        vocabulary.save(Path(home))
        return Vocabulary.load(Path(home)), load_predictor(Path(home, "model"))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(chinese_text | st.text(), min_size=1, max_size=5),
    st.sampled_from(["words", "characters", "rjieba"]),
    st.booleans(),
    st.sampled_from(["nfkc", "nfc"]),
)
def test_a_saved_model_reads_chinese_as_the_pipeline_does(
    raw: list[str], unit: Unit, simplify: bool, normalize: Normalize
) -> None:
    """The pipeline (labelled texts and others) against the loaded model, surrogates and NUL among them."""
    config = TokenizeConfig(unit, True, normalize, simplify)
    vocabulary, predictor = read_chinese(config)
    texts = [bound_text(text).text for text in raw]
    examples = Examples({"text": texts}, ["a"] * len(texts), np.arange(1, len(texts) + 1))
    corpus = Corpus({"test": examples}, single_target(["a", "b"]))
    expected = numericalize(tokenize(corpus, config), vocabulary).splits["test"]
    found = predictor.encode(raw)
    assert np.array_equal(found.flat, expected.flat)
    assert np.array_equal(found.offsets, expected.offsets)
    assert PAD not in expected.flat
    nothing = Corpus({"test": Examples({"text": []}, [], np.arange(0))}, corpus.target)
    more = encode_unlabelled(nothing, vocabulary, dict.fromkeys(raw)).rows
    once = predictor.encode(list(dict.fromkeys(texts)))
    assert np.array_equal(more.flat, once.flat)


def test_the_texts_are_hard_enough() -> None:
    """Normalising a word of the table again changes it, for some: doing so would be seen above."""
    words = tokenize(corpus(), TokenizeConfig())
    again = tokenize(
        Corpus(
            {"test": Examples({"text": words.table}, ["a"] * len(words.table), np.arange(len(words.table)))},
            words.target,
        ),
        TokenizeConfig(),
    )
    changed = [
        word for i, word in enumerate(words.table) if [again.table[n] for n in again.splits["test"][i]] != [word]
    ]
    assert len(changed) > 50
