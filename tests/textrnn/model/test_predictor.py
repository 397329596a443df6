from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made import make_rows
from tiny import made_ids, model_config, train_config

from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.data.columns import Columns
from textrnn.data.target import Target
from textrnn.decision.decision import Decision
from textrnn.errors import DataError, ModelError
from textrnn.inference.engine import build_engine
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.linear.ngram_branch import empty_branch
from textrnn.metrics.softmax import softmax
from textrnn.model.predictor import Predictor
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.text.vocabulary import Vocabulary, encoder_of
from textrnn.training.train import train

TEXTS = [text for text, _ in make_rows(40)]


def make_predictor(vocabulary: Vocabulary, target: Target, **settings: object) -> Predictor:
    engine = build_engine(to_arrays(build_model(model_config(), len(vocabulary), 2, seed=0)))
    ngram_branch = empty_branch(target.outputs)
    return Predictor(encoder_of(vocabulary), engine, ngram_branch, Decision(), target, 400, **settings)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    vocabulary, ids = made_ids()
    return make_predictor(vocabulary, ids.target)


def test_ids_are_those_of_the_pipeline(predictor: Predictor) -> None:
    _, ids = made_ids()
    rows = predictor.encode([text for text, _ in make_rows(120)])
    found = sorted(tuple(row.tolist()) for row in rows)
    expected = sorted(tuple(row.tolist()) for split in ids.splits.values() for row in split)
    assert found == expected


def test_predictions_are_those_of_the_classifier(predictor: Predictor) -> None:
    _, ids = made_ids()
    classifier = train(ids, model_config(), train_config(epochs=1))
    trained = replace(predictor, engine=build_engine(classifier.network()), max_tokens=20)
    accuracy = (trained.predict_encoded(ids.splits["validation"]).argmax(axis=1) == ids.labels["validation"]).mean()
    assert accuracy == classifier.history[0]["validation_accuracy"]


def test_rows_come_in_order_and_sum_to_one(predictor: Predictor) -> None:
    found = predictor.predict_probabilities(TEXTS)
    assert found.shape == (40, 2)
    assert found.dtype == np.float64
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-12
    alone = np.concatenate([predictor.predict_probabilities([text]) for text in TEXTS])
    assert np.abs(found - alone).max() <= 1e-6
    labels = predictor.predict(TEXTS)
    assert labels == [predictor.target.classes[code] for code in found.argmax(axis=1)]
    assert predictor.predict_probabilities([]).shape == (0, 2)
    assert predictor.predict([]) == []


def test_a_factor_cools_the_logits(predictor: Predictor) -> None:
    plain, cool = (replace(predictor, decision=Decision(a)).predict_probabilities(TEXTS) for a in (1.0, 0.25))
    assert np.allclose(softmax(np.log(plain) / 4), cool)
    assert (plain.argmax(axis=1) == cool.argmax(axis=1)).all()


def test_the_wide_branch_reads_the_whole_text(predictor: Predictor) -> None:
    _, ids = made_ids()
    both = replace(
        predictor, ngram_branch=fit_ngram_branch(ids, NgramBranchConfig()), decision=Decision(1.0, 2.0), max_tokens=3
    )
    ends = [f"to be honest, the soup was {word}" for word in ("good", "dull")]
    assert np.ptp(replace(both, decision=Decision()).predict_probabilities(ends)[:, 0]) < 1e-6  # cut before the word
    assert np.ptp(both.predict_probabilities(ends)[:, 0]) > 0.1
    alone = np.concatenate([both.predict_probabilities([text]) for text in TEXTS])
    assert np.abs(both.predict_probabilities(TEXTS) - alone).max() <= 1e-6


def test_the_cut_is_its_own(predictor: Predictor) -> None:
    head = replace(predictor, max_tokens=2).predict_probabilities(["good bad " * 30, "good bad"])
    assert np.allclose(head[0], head[1], atol=1e-6)
    tail = replace(predictor, max_tokens=2, truncation="tail").predict_probabilities(
        ["bad " * 30 + "good bad", "good bad"]
    )
    assert np.allclose(tail[0], tail[1], atol=1e-6)


def test_predictions_say_what_was_read_of_each_text(predictor: Predictor) -> None:
    texts = ["good soup", "", "good zzzz soup yyyy xxxx", "the soup was good", "good\ud800", "good " * 30]
    short = replace(predictor, max_tokens=4, columns=Columns(max_characters=100))
    found = short.predict_examples(texts)
    rows = short.encode(texts)
    assert found.tokens.tolist() == [min(len(row), 4) for row in rows] == [2, 0, 4, 4, 1, 4]
    assert found.cut.tolist() == [False, False, True, False, False, True]
    assert found.unknown.tolist() == [0, 0, 0.6, 0, 1, 0]
    assert np.array_equal(found.probabilities, short.predict_probabilities(texts))
    characters = replace(predictor, columns=Columns(max_characters=7)).predict_examples(
        ["the soup", "the sou", "\ufdfa"]
    )
    assert characters.cut.tolist() == [True, False, True]
    table = replace(predictor, columns=Columns(("a", "b"), max_characters=3))
    assert table.predict_examples([("abc", "d"), ("a", "bcde")]).cut.tolist() == [False, True]


def test_what_is_no_text_is_named(predictor: Predictor) -> None:
    with pytest.raises(DataError, match=r"found one string; write \[text\]"):
        predictor.encode("a text")
    with pytest.raises(DataError, match=r"found one string; write \[text\]"):
        predictor.read("a text")
    with pytest.raises(DataError, match="text 3: expected a string, found int"):
        predictor.encode(["a", "b", 3])  # type: ignore[list-item]
    with pytest.raises(DataError, match="text 1: expected a string, found NoneType"):
        predictor.predict([None])  # type: ignore[list-item]


def test_a_model_that_gives_no_finite_number_says_so(predictor: Predictor) -> None:
    network = predictor.engine.network
    weights = {name: np.array(weight) for name, weight in network.weights.items()}
    weights["head.weight"].fill(3e38)
    weights["encoder.bias_ih_l0"].fill(9.0)
    broken = replace(predictor, engine=build_engine(replace(network, weights=weights)))
    with pytest.raises(ModelError, match="text 1: expected finite logits, found others"):
        broken.predict(["good"])


def test_strings_of_numpy_are_texts(predictor: Predictor) -> None:
    found = predictor.predict_probabilities(np.array(TEXTS))  # type: ignore[arg-type]
    assert np.array_equal(found, predictor.predict_probabilities(TEXTS))
