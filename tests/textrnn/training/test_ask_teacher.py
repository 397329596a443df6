"""A teacher that is there already: what it predicts for unlabelled texts is what the network learns from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import make_rows
from made_encoder import WORDS, make_weights, write_encoder
from tiny import made_ids, model_config, train_config

from textrnn.bundling.bundle import folder_of
from textrnn.config.arguments.self_training import Teacher, TeacherArguments, self_training_arguments
from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.self_training import SelfTrainingConfig
from textrnn.data.target import Target
from textrnn.decision.decide import decide
from textrnn.encoder.encoder_head import INVERSE_PENALTIES, fit_encoder_head
from textrnn.encoder.sentence_encoder import encode, read_encoder
from textrnn.errors import ConfigError, DataError, ModelError
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.metrics.soften import soften
from textrnn.model.folder import load_predictor
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.encoder_source import resolve_encoder
from textrnn.text.ragged import ragged
from textrnn.text.teacher_source import resolve_teacher
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.word_vectors import WordVectors
from textrnn.training.ask_teacher import TeacherTexts, ask_teacher
from textrnn.training.self_train import self_train
from textrnn.training.train import train

VOCABULARY, IDS = made_ids()
MORE = [text for text, _ in make_rows(140)[120:]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("teacher") / "model"
    classifier = train(IDS, model_config(), train_config(learning_rate=0.02))
    ngrams = fit_ngram_branch(IDS, NgramBranchConfig(inverse_penalties=(4.0,)))
    parts = VOCABULARY, classifier, ngrams, decide(IDS, classifier, ngrams)
    folder_of(*parts, metrics={}, provenance={}, card="").save(folder)
    return folder


def test_a_model_folder_is_asked_and_its_classes_are_put_in_order(model: Path) -> None:
    texts = TeacherTexts(unlabelled=MORE)
    said = load_predictor(model).predict_probabilities(MORE)
    answers = ask_teacher(IDS, texts, Teacher(str(model), 1.0))
    assert np.array_equal(answers.unlabelled, said.astype(np.float32))
    assert answers.test is None
    first, second = IDS.target.names
    other = replace(IDS, target=replace(IDS.target, classes=(second, first)))
    assert np.array_equal(
        ask_teacher(other, texts, Teacher(str(model), 1.0)).unlabelled, said[:, ::-1].astype(np.float32)
    )
    both = TeacherTexts({"test": MORE[:3]}, MORE)
    asked = ask_teacher(IDS, both, Teacher(str(model), 3.0))
    softer = asked.unlabelled
    assert asked.test is not None
    assert np.array_equal(asked.test, said[:3].astype(np.float32)), "what is compared is not softened"
    assert np.array_equal(softer.argmax(axis=1), said.argmax(axis=1))
    assert (softer.max(axis=1) < said.max(axis=1)).all()


def test_the_network_gets_what_the_teacher_said(model: Path) -> None:
    rows = Unlabelled(ragged([[2, 3]] * len(MORE)))
    arguments = self_training_arguments(
        model_config(), train_config(), SelfTrainingConfig(teacher=str(model), temperature=2.0)
    )
    assert isinstance(arguments, TeacherArguments)
    none = WordVectors(np.zeros((len(VOCABULARY), 0), np.float32)), PretrainedWeights()
    ngrams = fit_ngram_branch(IDS, NgramBranchConfig(inverse_penalties=(4.0,)))
    found = self_train(IDS, *none, ngrams, rows, arguments, read_texts=lambda: TeacherTexts(unlabelled=MORE))
    assert found.rows is rows.rows
    assert np.array_equal(
        found.targets, ask_teacher(IDS, TeacherTexts(unlabelled=MORE), Teacher(str(model), 2.0)).unlabelled
    )
    with pytest.raises(DataError, match="expected 20 texts, found 19"):
        self_train(IDS, *none, ngrams, rows, arguments, read_texts=lambda: TeacherTexts(unlabelled=MORE[1:]))


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (Target("single", ("bad", "no")), "found none for 'no'"),
        (Target("single", ("good",)), "found 'bad' too"),
        (Target("multi", ("bad", "good")), "expected texts with one class each .* found multi"),
    ],
)
def test_a_teacher_of_other_classes_is_refused(model: Path, target: Target, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        ask_teacher(replace(IDS, target=target), TeacherTexts(unlabelled=MORE), Teacher(str(model), 1.0))


def test_a_damaged_teacher_is_refused(model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "model"
    copy.mkdir()
    for path in model.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    weights = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    with pytest.raises(ModelError, match=r"self_training\.teacher"):
        ask_teacher(IDS, TeacherTexts(unlabelled=MORE), Teacher(str(copy), 1.0))
    with pytest.raises(DataError, match=r"self_training\.teacher: expected a folder of a sentence encoder"):
        resolve_teacher(str(tmp_path / "nowhere"))
    assert resolve_teacher("self") is None


def separable(rows: int) -> tuple[list[str], np.ndarray[Any, np.dtype[np.int64]]]:
    draw = np.random.default_rng(3)
    labels = draw.integers(0, 2, rows)
    others = [word for word in WORDS if word not in ("good", "bad") and word.isalpha()]
    return [f"{draw.choice(others)} {('bad', 'good')[label]} {draw.choice(others)}" for label in labels], labels


def test_an_encoder_gets_a_head_whose_penalty_validation_chooses(tmp_path: Path) -> None:
    texts, labels = separable(120)
    weights = {name: weight * (0.1 if ".dense." in name else 1) for name, weight in make_weights().items()}
    folder = write_encoder(tmp_path, weights=weights)  # states near the words'
    ids = replace(
        IDS, labels={"train": labels[:60], "validation": labels[60:80]}, target=Target("single", ("bad", "good"))
    )
    given, said = TeacherTexts({"train": texts[:60], "validation": texts[60:80]}, texts[80:]), []
    found = ask_teacher(ids, given, Teacher(str(folder), 1.0), on_line=said.append).unlabelled
    assert found.shape == (40, 2)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert (found.argmax(axis=1) == labels[80:]).mean() > 0.6
    assert "read 120 texts, " in said[0]
    assert "a head on 60 labelled texts, C " in said[1]
    source = resolve_encoder(str(folder))
    assert source is not None
    vectors = encode(read_encoder(source), texts)
    parts = vectors[:60], labels[:60], (vectors[60:80], labels[60:80]), 2
    losses = []
    for inverse_penalty in INVERSE_PENALTIES:
        head = fit_encoder_head(*parts, inverse_penalties=(inverse_penalty,))
        logits = head.logits(vectors[60:80])
        losses.append(-(logits[np.arange(20), labels[60:80]] - np.logaddexp(*logits.T)).mean())
    assert fit_encoder_head(*parts).inverse_penalty == INVERSE_PENALTIES[int(np.argmin(losses))]


def test_a_class_without_training_rows_is_never_said() -> None:
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(40, 4)).astype(np.float32)
    for known in ((0, 2), (0, 2, 3), (1,)):
        labels = np.array([known[row % len(known)] for row in range(40)])
        head = fit_encoder_head(vectors, labels, (vectors[:5], np.full(5, 4)), 5)
        logits = head.logits(vectors)
        assert {*np.flatnonzero(np.isfinite(logits).all(axis=0)).tolist()} == {*known}
    weights = np.where(np.arange(40) % 2, 1e-6, 1.0)
    labels = np.arange(40) % 2
    head = fit_encoder_head(vectors, labels, (vectors[:0], labels[:0]), 2, weights=weights)
    assert (head.logits(vectors).argmax(axis=1) == 0).all(), "rows that count next to nothing"


@given(st.lists(st.floats(0, 1), min_size=2, max_size=5).filter(lambda row: sum(row) > 0.1), st.floats(0.2, 5))
def test_a_temperature_keeps_the_order_and_the_sum(row: list[float], temperature: float) -> None:
    given = np.array([row]) / sum(row)
    found = soften(given, temperature)
    assert float(found.sum()) == pytest.approx(1, abs=1e-5)
    assert (np.diff(found[0][np.argsort(given[0])]) >= -1e-7).all()
    assert (found[given == 0] == 0).all()
    assert np.array_equal(soften(given, 1), given.astype(np.float32))
