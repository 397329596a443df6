"""From a corpus to a model, all stages in turn, in one process without a cache."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.bundling.bundle import folder_of
from textrnn.bundling.card import plain_card
from textrnn.config.arguments.encoder_pretraining import encoder_arguments
from textrnn.config.arguments.self_training import self_training_arguments
from textrnn.config.arguments.train import train_arguments
from textrnn.data.columns import Columns
from textrnn.data.corpus import Corpus
from textrnn.data.label_format import LabelFormat
from textrnn.data.target import Target
from textrnn.decision.decide import decide
from textrnn.encoder.borrow_word_vectors import borrow_word_vectors
from textrnn.encoder.known_words import read_known_words
from textrnn.errors import DataError, TrainingWarning
from textrnn.linear.fit_ngram_branch import fit_ngram_branch
from textrnn.model.folder import ModelFolder
from textrnn.settings.sections import Sections
from textrnn.text.build_vocabulary import build_vocabulary
from textrnn.text.ids import Ids
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.numericalize import numericalize
from textrnn.text.pseudo_labels import add_pseudo_labels
from textrnn.text.read_unlabelled import encode_unlabelled, new_texts
from textrnn.text.tokenize import tokenize
from textrnn.training.ask_teacher import TeacherTexts
from textrnn.training.compare_starts import train_from_better_start
from textrnn.training.events import Progress
from textrnn.training.pretrain_encoder import pretrain_encoder
from textrnn.training.self_train import self_train
from textrnn.training.use_soft_labels import use_soft_labels
from textrnn.training.warm_start import load_warm_start
from textrnn.training.warm_start_tokens import read_warm_start_tokens


def train_in_memory(
    corpus: Corpus,
    unlabelled: Sequence[str],
    sections: Sections,
    columns: Columns,
    *,
    provenance: Mapping[str, Any],
    labels: LabelFormat = "plain",
    weights: NDArray[np.float64] | None = None,
    soft: NDArray[np.float64] | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> tuple[ModelFolder, list[dict[str, Any]]]:
    """The model that the stages make of `corpus` and the `unlabelled` texts, and its history, a dict an epoch.

    `provenance` goes into the folder's `provenance.json`; labels came in the form `labels`; `weights` (N,) are what
    each row counts, `soft` (N, C) its soft label, by its number less 1. Raises ConfigError, DataError,
    ModelError, TrainingError.
    """
    of = sections
    words = tokenize(corpus, of.tokenize)
    known = read_warm_start_tokens(of.train.init_from) + read_known_words(of.embeddings.encoder, words.tokenizer)
    vocabulary = build_vocabulary(words, of.vocabulary, known)
    ids = _softened(_weighed(numericalize(words, vocabulary), corpus, weights), corpus, soft)
    more = encode_unlabelled(corpus, vocabulary, unlabelled)
    borrowed = borrow_word_vectors(vocabulary, of.embeddings)
    vectors = make_word_vectors(ids, vocabulary, of.embeddings, more.rows, borrowed)
    ngram_branch = fit_ngram_branch(ids, of.ngram_branch, of.train.class_weight, vocabulary=vocabulary)
    encoder = encoder_arguments(of.model, of.train, of.encoder_pretraining)
    start = load_warm_start(ids, vocabulary, vectors, encoder.warm_start)
    pretrained = pretrain_encoder(ids, vectors, more.rows, encoder.pretraining, start, on_progress=on_progress)
    teachers = self_training_arguments(of.model, of.train, of.self_training)
    made, read = (ids, vectors, pretrained, ngram_branch, more), partial(_teacher_texts, corpus, unlabelled)
    pseudo_labels = self_train(*made, teachers, read_texts=read, on_progress=on_progress)
    rows = use_soft_labels(ids, of.train.soft_weight, of.train.soft_temperature)
    rows = add_pseudo_labels(rows, pseudo_labels)
    settings = train_arguments(of.model, of.train)
    made_of = rows, settings.model_config, settings.train_config, vectors
    classifier = train_from_better_start(*made_of, pretrained=pretrained, on_progress=on_progress)
    decision = decide(ids, classifier, ngram_branch, of.decision, on_idle=_warn)
    model = folder_of(
        vocabulary,
        classifier,
        ngram_branch,
        decision,
        metrics={"validation": _last_scores(classifier.history[classifier.best_epoch - 1], ids.target)},
        provenance=provenance,
        card=plain_card(classifier, ngram_branch, vocabulary, columns),
        columns=columns,
        labels=labels,
    )
    return model, classifier.history


def _teacher_texts(corpus: Corpus, unlabelled: Sequence[str]) -> TeacherTexts:
    splits = {name: examples.texts for name, examples in corpus.splits.items()}
    return TeacherTexts(splits, list(new_texts(corpus, unlabelled)))


def _warn(told: str) -> None:
    warnings.warn(told, TrainingWarning, stacklevel=6)  # where `fit` was called


def _weighed(ids: Ids, corpus: Corpus, weights: NDArray[np.float64] | None) -> Ids:
    """`ids` with what each text counts, 1 on average of the training split."""
    if weights is None:
        return ids
    found = {name: weights[examples.rows - 1] for name, examples in corpus.splits.items()}
    return replace(ids, weights={name: each / found["train"].mean() for name, each in found.items()})


def _softened(ids: Ids, corpus: Corpus, soft: NDArray[np.float64] | None) -> Ids:
    """`ids` with the soft labels of the training split. Raises DataError for another number of classes."""
    if soft is None:
        return ids
    if soft.shape[1] != ids.target.outputs or not ids.target.exclusive:
        raise DataError(
            f"soft_labels: expected a column for each of {ids.target.outputs} classes, one a text, "
            f"found {soft.shape[1]} columns and the target {ids.target.kind}"
        )
    return replace(ids, soft=soft[corpus.splits["train"].rows - 1].astype(np.float32))


def _last_scores(last: dict[str, Any], target: Target) -> dict[str, float]:
    """Loss and score of an epoch on validation."""
    loss = "squared_error" if target.kind == "number" else "log_loss"
    return {target.score: last[f"validation_{target.score}"], loss: last["validation_loss"]}
