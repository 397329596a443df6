"""Teachers: their mean answer, made once, resumed, and worth something to the network that learns from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made import make_rows
from tiny import made_ids, model_config, train_config

from textrnn.config.arguments.self_training import NoSelfTraining, SelfTrainingArguments, self_training_arguments
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.ngram_branch import NgramBranchConfig
from textrnn.config.self_training import SelfTrainingConfig
from textrnn.data.target import Target
from textrnn.decision.branch_logits import classifier_logits
from textrnn.decision.decide import decide
from textrnn.decision.decision import compute_scores
from textrnn.errors import ConfigError
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.pseudo_labels import PseudoLabels, add_pseudo_labels, no_pseudo_labels
from textrnn.text.ragged import ragged
from textrnn.text.tokenizer import encode_texts
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.vocabulary import tokenizer_of
from textrnn.training.events import EpochDone, TrainingStarted
from textrnn.training.self_train import self_train
from textrnn.training.train import train

VOCABULARY, IDS = made_ids()
VECTORS = make_word_vectors(IDS, VOCABULARY, EmbeddingsConfig("none", size=6))
NGRAMS = fit_ngram_branch(IDS, NgramBranchConfig(inverse_penalties=(4.0,)))
ROWS = make_rows(200)[120:]
MORE = Unlabelled(encode_texts(tokenizer_of(VOCABULARY), [text for text, _ in ROWS]))
NONE = PretrainedWeights()
MODEL, TRAIN = model_config(), train_config(learning_rate=0.02)


def teachers_of(*values: int) -> SelfTrainingArguments | NoSelfTraining:
    return self_training_arguments(MODEL, TRAIN, SelfTrainingConfig(*values))


def test_what_they_say_is_the_mean_of_classifiers_that_differ_in_their_seeds() -> None:
    found = self_train(IDS, VECTORS, NONE, NGRAMS, MORE, teachers_of(2, 3))
    said = []
    for seed in (1, 2):
        teacher = train(IDS, MODEL, replace(TRAIN, seed=seed, epochs=3), VECTORS)
        said.append(compute_scores(decide(IDS, teacher, NGRAMS), classifier_logits(teacher, NGRAMS, MORE.rows)))
    assert np.array_equal(found.targets, np.mean(said, axis=0).astype(np.float32))
    assert found.rows is MORE.rows
    assert not np.allclose(said[0], said[1])


def test_lessons_are_for_targets_with_one_class_a_text() -> None:
    pseudo_labels = PseudoLabels(MORE.rows, np.full((len(MORE.rows), 2), 0.5, np.float32))
    for target in (Target("multi", ("a", "b")), Target("number", ())):
        with pytest.raises(ConfigError, match="expected texts with one class each"):
            add_pseudo_labels(replace(IDS, target=target), pseudo_labels)
        assert add_pseudo_labels(replace(IDS, target=target), no_pseudo_labels(2)).labels is IDS.labels


def test_teachers_start_from_what_was_learned_before() -> None:
    weights = train(IDS, MODEL, replace(TRAIN, seed=9), VECTORS).weights
    start = PretrainedWeights(
        {name: torch.from_numpy(weights[name]) for name in weights if name.startswith("encoder.")}
    )
    found = self_train(IDS, VECTORS, start, NGRAMS, MORE, teachers_of(1, 1))
    teacher = train(IDS, MODEL, replace(TRAIN, seed=1, epochs=1), VECTORS, pretrained=start)
    said = compute_scores(decide(IDS, teacher, NGRAMS), classifier_logits(teacher, NGRAMS, MORE.rows))
    assert np.array_equal(found.targets, said.astype(np.float32))
    assert not np.array_equal(
        found.targets,
        self_train(IDS, VECTORS, NONE, NGRAMS, MORE, teachers_of(1, 1)).targets,
    )


def test_without_teachers_or_texts_there_are_no_pseudo_labels() -> None:
    assert len(self_train(IDS, VECTORS, NONE, NGRAMS, MORE, teachers_of()).rows) == 0
    assert len(self_train(IDS, VECTORS, NONE, NGRAMS, Unlabelled(ragged([])), teachers_of(3)).rows) == 0


def test_a_teacher_that_is_done_is_not_trained_again(tmp_path: Path) -> None:
    before = self_train(IDS, VECTORS, NONE, NGRAMS, MORE, teachers_of(2, 2), checkpoints=tmp_path)
    seen: list[object] = []
    told: list[str] = []
    again = self_train(
        IDS, VECTORS, NONE, NGRAMS, MORE, teachers_of(2, 2),
        checkpoints=tmp_path, on_progress=seen.append, on_line=told.append,
    )  # fmt: skip
    assert np.array_equal(again.targets, before.targets)
    assert told == ["teacher 1 of 2", "teacher 2 of 2"]
    assert [type(progress) for progress in seen] == [TrainingStarted, TrainingStarted]
    assert not any(isinstance(progress, EpochDone) for progress in seen)


def test_a_network_learns_from_what_it_is_told_alone() -> None:
    """Labels of training are half wrong; what the lessons say is right: learning shows where it comes from."""
    labels = np.array([IDS.target.classes.index(label) for _, label in ROWS])
    pseudo_labels = PseudoLabels(MORE.rows, np.eye(IDS.target.outputs, dtype=np.float32)[labels])
    few = replace(IDS, splits={**IDS.splits}, labels={**IDS.labels, "train": IDS.labels["train"][::-1].copy()})
    settings = replace(TRAIN, epochs=12)

    def accuracy(ids: object) -> float:
        return train(ids, MODEL, settings, VECTORS).history[-1]["validation_accuracy"]  # type: ignore[arg-type,no-any-return]

    assert accuracy(add_pseudo_labels(few, pseudo_labels)) > accuracy(few) + 0.1


def test_on_disk(tmp_path: Path) -> None:
    pseudo_labels = PseudoLabels(ragged([[1, 2], []]), np.array([[0.25, 0.75], [0, 0]], np.float32))
    pseudo_labels.save(tmp_path)
    found = PseudoLabels.load(tmp_path)
    assert [row.tolist() for row in found.rows] == [[1, 2], []]
    assert np.array_equal(found.targets, pseudo_labels.targets)
    no_pseudo_labels(3).save(tmp_path)
    assert PseudoLabels.load(tmp_path).targets.shape == (0, 3)
    (tmp_path / "pseudo_labels.json").write_text('{"format": 1, "texts": 3}')
    with pytest.raises(ValueError, match="as many rows"):
        PseudoLabels.load(tmp_path)
