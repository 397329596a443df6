"""The engine of the page in one file, in a browser: ids are Python's, probabilities within 1e-5."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hostile_models import made_model
from made_predictor import made_predictor
from odd_texts import any_text
from page_models import answers_in, html_model, ids_in, load_into

from textrnn.config.tokenize import Normalize, TokenizeConfig, Unit
from textrnn.decision.calibration import Calibration
from textrnn.export.small_parts import rounded_network, weights_bytes
from textrnn.inference.engine import build_engine
from textrnn.kernels.build import wasm_build_obstacle
from textrnn.linear.ngram_branch import from_bytes, to_packed_bytes
from textrnn.model.files import NGRAMS, WEIGHTS
from textrnn.model.folder import ModelFolder, predictor_of
from textrnn.model.predictor import Predictor
from textrnn.text.special_tokens import SPECIAL_TOKENS
from textrnn.text.text_encoder import TextEncoder
from textrnn.text.tokenizer_schema import TokenizerParts

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(wasm_build_obstacle()), reason=wasm_build_obstacle())]
WORDS = [
    "the",
    "soup",
    "was",
    "good",
    ",",
    "song",
    "not",
    "dull",
    "in",
    "end",
    "!",
    "ﬁ",
    "é",
    "ạ̈",
    "한",
    "x²",
    "σας",
    "i̇",
]
FEW = ["", "good", "The soup was good, the song was not dull!", "xyz " * 30, "in the end… ﬁn", "good <br /> soup"]


def odd(count: int, known: list[str], seed: int = 0) -> list[str]:
    source = random.Random(seed)
    return [any_text(source, known) for _ in range(count)]


def compare(page: Any, predictor: Predictor, texts: list[str]) -> None:
    """Compare ids, scores and the rest of an answer with Python's."""
    expected, found = predictor.predict_examples(texts), answers_in(page, texts)
    assert ids_in(page, texts) == [row.tolist() for row in predictor.encode(texts)]
    scores = np.array([answer["scores"] for answer in found])
    np.testing.assert_allclose(scores, expected.probabilities, rtol=0, atol=1e-5)
    assert [answer["accepted"] for answer in found] == expected.accepted.tolist()
    assert [answer["cut"] for answer in found] == expected.cut.tolist()
    assert [answer["tokens"] for answer in found] == expected.tokens.tolist()
    np.testing.assert_allclose([answer["unknown"] for answer in found], expected.unknown, rtol=0, atol=1e-12)


@pytest.mark.parametrize("normalize", ["nfkc", "nfc"])
@pytest.mark.parametrize(("unit", "lowercase"), [("words", True), ("words", False), ("characters", True)])
def test_texts_of_any_kind_get_pythons_ids(engine: Any, unit: Unit, lowercase: bool, normalize: Normalize) -> None:
    source = random.Random(5)
    known = WORDS if unit == "words" else sorted(set("".join(WORDS)))
    config = TokenizeConfig(unit, lowercase, normalize)
    parts = TokenizerParts("word", (*SPECIAL_TOKENS, *known), config, (), ())
    small = made_predictor()
    size = len(parts.tokens)
    weights = {**small.engine.network.weights, "embedding.weight": np.zeros((size, 6), np.float32)}
    network = replace(small.engine.network, weights=weights, vocabulary_size=size)
    predictor = replace(small, engine=build_engine(network), tokenizer=TextEncoder(parts), text=config)
    load_into(engine, html_model(predictor))
    texts = odd(400, WORDS, source.randrange(99))
    assert ids_in(engine, texts) == [row.tolist() for row in predictor.encode(texts)]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("encoder", ["lstm", "gru", "mingru"])
@pytest.mark.parametrize(
    ("pooling", "more"),
    [("max_mean", {"num_layers": 2}), ("attention", {"bidirectional": False}), ("last", {}), ("max", {}), ("mean", {})],
)
def test_every_kernel_gives_pythons_probabilities(
    engine: Any, encoder: str, pooling: str, more: dict[str, Any], plain: bool
) -> None:
    predictor = made_predictor(encoder=encoder, pooling=pooling, max_tokens=20, **more)
    load_into(engine, html_model(predictor), plain=plain)
    compare(engine, predictor, FEW)


@pytest.mark.parametrize("encoder", ["bag", "convolution", "rnn", "elman"])
@pytest.mark.parametrize(
    ("pooling", "more"),
    [("max_mean", {"num_layers": 2}), ("attention", {"bidirectional": False}), ("attention", {}), ("last", {}),
     ("mean", {"num_layers": 3, "bidirectional": False})],
)  # fmt: skip
def test_encoders_without_a_kernel_give_pythons_probabilities(
    engine: Any, encoder: str, pooling: str, more: dict[str, Any]
) -> None:
    predictor = made_predictor(encoder=encoder, pooling=pooling, max_tokens=20, **more)
    load_into(engine, html_model(predictor))
    compare(engine, predictor, [*FEW, *odd(100, list(predictor.tokenizer.parts.tokens[2:]), seed=2)])


@pytest.mark.parametrize("kind", ["ordinal", "path", "multi", "number"])
@pytest.mark.parametrize("truncation", ["head", "tail", "both"])
def test_every_kind_of_target_is_decided_as_in_python(engine: Any, kind: str, truncation: str) -> None:
    predictor = made_predictor(kind, max_tokens=7, truncation=truncation)
    if kind in ("ordinal", "path"):
        predictor = replace(predictor, decision=replace(predictor.decision, min_confidence=0.4))
    load_into(engine, html_model(predictor))
    compare(engine, predictor, FEW)
    labels = [answer["labels"] for answer in answers_in(engine, FEW)]
    expected = predictor.choose_labels(predictor.predict_probabilities(FEW))
    if kind == "multi":
        assert labels == [np.flatnonzero(row).tolist() for row in expected]
    elif kind != "number":
        assert labels == [[code] for code in expected.tolist()]


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        ("single", {"accept": (0.5,)}),
        ("single", {"accept": (0.6, 2.0, 0.3)}),
        ("single", {"costs": ((0.0, 1.0, 1.0), (1.0, 0.0, 1.5), (1.2, 1.0, 0.0))}),
        ("path", {"costs": ((0.0, 1.0, 1.0, 0.4), (1.0, 0.0, 1.5, 0.4), (1.2, 1.0, 0.0, 0.4))}),
        ("single", {"lowered": (0.2, 2.0, 2.0), "accept": (0.4, 0.4, 0.4)}),
        (
            "ordinal",
            {
                "lowered": (2.0, 2.0, 2.0, 0.15),
                "calibration": Calibration("vector", (1.5, 0.5, 1.0, 2.0), (0.1, 0.0, -0.3, 0.2)),
            },
        ),
        ("single", {"min_confidence": 0.5}),
    ],
)
def test_costs_and_thresholds_are_decided_as_in_python(engine: Any, kind: str, rules: dict[str, Any]) -> None:
    predictor = made_predictor(kind)
    predictor = replace(predictor, decision=replace(predictor.decision, **rules))
    load_into(engine, html_model(predictor))
    texts = odd(200, list(predictor.tokenizer.parts.tokens[2:]), seed=3)
    compare(engine, predictor, texts)
    found, expected = answers_in(engine, texts), predictor.predict_examples(texts)
    assert [answer["labels"] for answer in found] == [[code] for code in expected.predictions.tolist()]
    assert [answer["reason"] is None for answer in found] == expected.accepted.tolist()
    assert len({(*answer["labels"], answer["accepted"]) for answer in found}) > 1


@pytest.mark.parametrize("bits", [8, 4])
def test_rows_of_small_integers_are_restored_and_2000_odd_texts_agree(engine: Any, bits: Any) -> None:
    predictor = made_predictor(seed=1)
    network, kept = predictor.engine.network, np.ones(predictor.tokenizer.vocabulary_size, bool)
    files = {WEIGHTS: weights_bytes(network, kept, bits), NGRAMS: to_packed_bytes(predictor.ngram_branch)}
    small = replace(
        predictor,
        engine=build_engine(rounded_network(network, bits)),
        ngram_branch=from_bytes(files[NGRAMS]),
    )
    load_into(engine, html_model(small, ModelFolder(files)))
    known = list(small.tokenizer.parts.tokens[2:])
    compare(engine, small, odd(2000 if bits == 4 else 100, known))


def test_what_each_word_adds_is_what_python_says(engine: Any) -> None:
    from textrnn.model.explain import explain_examples

    predictor = made_predictor(max_tokens=9)
    load_into(engine, html_model(predictor))
    texts = [text for text in FEW if text]
    found = answers_in(engine, texts, explain=True)
    for answer, expected in zip(found, explain_examples(predictor, texts), strict=True):
        words = [(word["start"], word["end"]) for word in answer["words"]]
        assert words == [(word.start, word.end) for word in expected.words]
        parts = [word["part"] for word in answer["words"]]
        np.testing.assert_allclose(parts, [word.part for word in expected.words], rtol=0, atol=1e-5)


def test_a_real_model_folder_is_read(engine: Any) -> None:
    folder = made_model()
    predictor = predictor_of(folder)
    load_into(engine, html_model(predictor, folder))
    compare(engine, predictor, FEW)


def test_a_long_text_and_lone_surrogates(engine: Any) -> None:
    predictor = made_predictor()
    load_into(engine, html_model(predictor))
    long = ["good soup! " * 20_000, "good\ud800 soup\udc00"]
    answers = engine.evaluate(
        "(long) => [long, 'good\\ud800 soup\\udc00'].map((text) => predictor.answer(text).scores)", long[0]
    )
    np.testing.assert_allclose(answers, predictor.predict_probabilities(long), rtol=0, atol=1e-5)


def test_the_kernels_with_simd_and_without_agree_to_the_bit(engine: Any) -> None:
    predictor, found = made_predictor(encoder="gru", num_layers=2), []
    for plain in (False, True):
        load_into(engine, html_model(predictor), plain=plain)
        found.append([answer["scores"] for answer in answers_in(engine, FEW)])
    assert found[0] == found[1]
