"""Self-training: pseudo-labels for unlabelled texts, by teachers that were trained on the labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.arguments.self_training import NoSelfTraining, SelfTrainingArguments, TeacherArguments
from textrnn.decision.branch_logits import classifier_logits
from textrnn.decision.branch_prior import choose_prior
from textrnn.decision.decision import compute_scores
from textrnn.decision.fit_decision import fit_decision
from textrnn.errors import ConfigError, DataError
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.metrics.soften import soften
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.ids import Ids
from textrnn.text.pseudo_labels import PseudoLabels, no_pseudo_labels
from textrnn.text.unlabelled import Unlabelled
from textrnn.text.word_vectors import WordVectors
from textrnn.training.ask_teacher import TeacherTexts, ask_teacher
from textrnn.training.train import train

MAX_SEED = 2**31  # what a seed is less than


def self_train(
    ids: Ids,
    vectors: WordVectors,
    pretrained: PretrainedWeights,
    ngram_branch: NgramBranch,
    unlabelled: Unlabelled,
    arguments: SelfTrainingArguments | TeacherArguments | NoSelfTraining,
    *,
    read_texts: Callable[[], TeacherTexts] = TeacherTexts,
    checkpoints: Path | None = None,
    on_progress: Callable[[Any], None] = lambda _: None,
    on_line: Callable[[str], None] = lambda _: None,
    on_count: Callable[[int, int], None] = lambda done, total: None,
) -> PseudoLabels:
    """Return the mean predictions of `self_training.teachers` classifiers for the unlabelled texts, or those of the
    teacher that `arguments` name, which gets what
    `read_texts` returns (`textrnn.training.ask_teacher`).

    The classifiers differ in their seeds alone. A teacher is a network trained on the labels, joined with the
    `ngram_branch` as `decide` joins it; one network trained on their mean predictions is an ensemble distilled
    (Hinton, Vinyals & Dean 2015), on more texts than had labels (self-training). Without teachers there are
    none.

    With a folder `checkpoints` each teacher resumes from its own inside. Raises what `train` raises.
    """
    classes, texts = ids.target.outputs, len(unlabelled.rows)
    if not texts or isinstance(arguments, NoSelfTraining):
        return no_pseudo_labels(classes)
    if isinstance(arguments, TeacherArguments):
        read = read_texts()
        if len(read.unlabelled) != texts:
            raise DataError(
                f"unlabelled.source: expected {texts:,} texts, found {len(read.unlabelled):,}; run it again"
            )
        asked = ask_teacher(ids, read, arguments.self_training_config, on_line=on_line, on_count=on_count)
        return PseudoLabels(unlabelled.rows, asked.unlabelled, asked.name, asked.test)
    if ids.tabular_columns.features:
        raise ConfigError(
            "self_training.teachers: expected texts only, found tabular columns (data.numeric, data.categorical), "
            "which the unlabelled texts do not have; leave one or the other out"
        )
    return PseudoLabels(
        unlabelled.rows,
        _train_teachers(
            ids, vectors, pretrained, ngram_branch, unlabelled, arguments, checkpoints, on_progress, on_line
        ),
    )


def _train_teachers(
    ids: Ids,
    vectors: WordVectors,
    pretrained: PretrainedWeights,
    ngram_branch: NgramBranch,
    unlabelled: Unlabelled,
    arguments: SelfTrainingArguments,
    checkpoints: Path | None,
    on_progress: Callable[[Any], None],
    on_line: Callable[[str], None],
) -> NDArray[np.float32]:
    """The mean predictions (U, C) float32 of teachers trained on the labels, at the temperature."""
    config, common = arguments.self_training_config, arguments.train_config
    scores: NDArray[np.float64] = np.zeros((len(unlabelled.rows), ids.target.outputs))
    for number in range(1, config.teachers + 1):
        on_line(f"teacher {number} of {config.teachers}")
        settings = replace(common, seed=(common.seed + number) % MAX_SEED, epochs=config.epochs)
        teacher = train(
            ids,
            arguments.model_config,
            settings,
            vectors,
            pretrained=pretrained,
            checkpoints=checkpoints / f"teacher-{number}" if checkpoints else None,
            on_progress=on_progress,
        )
        held_out = classifier_logits(teacher, ngram_branch, ids.splits["validation"])
        decision = fit_decision(
            held_out,
            ids.labels["validation"],
            has_ngrams=ngram_branch.ngrams.features > 0,
            target=ids.target,
            weights=ids.weights.get("validation"),
            prior=choose_prior(len(ids.labels["train"]), warm_start=pretrained.origin is not None),
        )
        scores += compute_scores(decision, classifier_logits(teacher, ngram_branch, unlabelled.rows))
    return soften(scores / config.teachers, config.temperature)
