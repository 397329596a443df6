"""The report of a trained classifier, with the baseline, on held-out data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.config.field_types import NOT_IN_KEY
from textrnn.config.model import ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.corpus import Corpus
from textrnn.data.examples import SplitName
from textrnn.data.target import Target
from textrnn.decision.branch_logits import classifier_logits
from textrnn.decision.decision import Decision, choose, compute_scores
from textrnn.errors import DataError
from textrnn.evaluation.baseline_summary import describe_baseline
from textrnn.evaluation.branch_scores import measure_branches
from textrnn.evaluation.build_report import build_report
from textrnn.evaluation.diagnose_classifier import diagnose_classifier
from textrnn.evaluation.explained import ExplanationInputs
from textrnn.evaluation.feature_importance import permutation_importance
from textrnn.evaluation.rejection import measure_rejection
from textrnn.evaluation.reliability import before_calibration
from textrnn.evaluation.report import Report
from textrnn.evaluation.teacher_scores import measure_teacher
from textrnn.explanation.explain_ids import Branches
from textrnn.explanation.explainer import Explainer
from textrnn.explanation.methods import DEFAULT_METHOD, METHODS
from textrnn.inference.classifier import Classifier
from textrnn.inference.engine import build_engine
from textrnn.inference.starts import kept_start
from textrnn.linear.baseline import Baseline
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.ids import Ids
from textrnn.text.vocabulary import Vocabulary, encoder_of


def evaluate(
    corpus: Corpus,
    ids: Ids,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    baseline: Baseline,
    config: EvaluateConfig,
    vocabulary: Vocabulary | None = None,
    teacher: tuple[str, NDArray[np.float32]] | None = None,
) -> Report:
    """Build the report on the test split, or on validation if there is none, which the page then says.

    With the `vocabulary` that encoded the texts some are explained. With the name of a `teacher` and its probabilities
    (N, C) for the test split the two are compared. Raises DataError if the arguments belong to different corpora.
    """
    split = _held_out(corpus)
    rows, labels = ids.splits[split], ids.labels[split]
    logits = classifier_logits(classifier, ngram_branch, rows, ids.tabular.get(split))
    probabilities = compute_scores(decision, logits)
    predictions = choose(decision, probabilities)
    judged = labels, probabilities, logits, decision, config, corpus.target
    return build_report(
        corpus.splits[split],
        labels,
        probabilities,
        corpus.target,
        rows.lengths,
        config=config,
        settings=settings_of(ids, classifier, ngram_branch, config),
        checks=corpus.checks,
        split=split,
        thresholds=decision.thresholds,
        predictions=predictions,
        baseline_probabilities=baseline.scores[split],
        baseline_thresholds=baseline.thresholds,
        baseline=describe_baseline(baseline, corpus.target),
        history=classifier.history,
        best_epoch=classifier.best_epoch,
        branches=measure_branches(*judged, split=split, epochs=len(classifier.history))
        if ngram_branch.ngrams.features
        else None,
        rejection=measure_rejection(labels, logits, decision, corpus.target),
        tabular=_importances(classifier, ngram_branch, decision, ids, split, corpus.target, config),
        explaining=None
        if vocabulary is None
        else ExplanationInputs(
            explainer_of(vocabulary, classifier, ngram_branch, decision), rows, logits, ids.tabular.get(split)
        ),
        diagnosis=diagnose_classifier(corpus, ids, classifier, ngram_branch, decision, split, probabilities, config),
        teacher=measure_teacher(labels, predictions, teacher, config, corpus.target) if split == "test" else None,
        calibrating=before_calibration(decision, logits, has_ngrams=ngram_branch.ngrams.features > 0),
    )


def explainer_of(
    vocabulary: Vocabulary, classifier: Classifier, ngram_branch: NgramBranch, decision: Decision
) -> Explainer:
    """Return what explains the predictions of a trained classifier."""
    engine, settings = build_engine(classifier.network()), classifier.train_config
    branches = Branches(engine, ngram_branch, settings.max_tokens, settings.truncation)
    name, method = DEFAULT_METHOD, METHODS[DEFAULT_METHOD](engine)
    target, tabular = classifier.target, classifier.tabular
    read = encoder_of(vocabulary), vocabulary.tokenizer
    return Explainer(*read, branches, decision, target, target.names, method, name, tabular)


def settings_of(ids: Ids, classifier: Classifier, ngram_branch: NgramBranch, config: EvaluateConfig) -> dict[str, Any]:
    """Return the settings that the page shows, by section."""
    return {
        "model": result_settings(classifier.model_config),
        "train": result_settings(classifier.train_config),
        **({} if classifier.starts is None else {"starts": {"kept": kept_start(classifier), **classifier.starts}}),
        "evaluate": result_settings(config),
        "vocabulary": {"size": ids.vocabulary_size},
        "ngram_branch": {"features": ngram_branch.ngrams.features, "ngrams": len(ngram_branch.ngrams.levels)},
    }


def _importances(
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    ids: Ids,
    split: SplitName,
    target: Target,
    config: EvaluateConfig,
) -> Sequence[dict[str, Any]]:
    """What the text and each tabular feature are worth; nothing without tabular features."""
    tabular = ids.tabular.get(split)
    if tabular is None:
        return ()
    read = partial(classifier_logits, classifier, ngram_branch)
    rows, labels = ids.splits[split], ids.labels[split]
    return permutation_importance(read, decision, rows, tabular, ids.tabular_columns, labels, target, config)


def result_settings(config: ModelConfig | TrainConfig | EvaluateConfig) -> dict[str, Any]:
    """Return the settings that can change a result; a report must not depend on others."""
    hints = get_type_hints(type(config), include_extras=True)
    return {
        name: value
        for name, value in asdict(config).items()
        if NOT_IN_KEY not in getattr(hints[name], "__metadata__", ())
    }


def _held_out(corpus: Corpus) -> SplitName:
    for split in ("test", "validation"):
        if split in corpus.splits and len(corpus.splits[split]):
            return split
    raise DataError("expected a test or a validation split to score, found neither; set data.test_fraction above 0")
