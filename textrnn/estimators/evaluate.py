"""The report on a classifier in memory, on labelled texts that Python code hands over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from textrnn.config.baseline import BaselineConfig
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.corpus import Corpus
from textrnn.data.data_check import ReadingSummary
from textrnn.data.example_tables import examples_of, require_column
from textrnn.data.examples import Examples
from textrnn.data.load import examples_from_sequences
from textrnn.data.new_classes import as_classes, find_new_classes
from textrnn.errors import DataError
from textrnn.estimators.estimator_score import prepare_labels
from textrnn.evaluation.baseline_summary import describe_baseline
from textrnn.evaluation.report import Report
from textrnn.linear.fit_baseline import fit_baseline
from textrnn.model.predictor import Predictor
from textrnn.model.score_rows import report_of, require_some_known, split_by_known_order
from textrnn.settings.messages import python_names
from textrnn.text.tokenize import tokenize


def evaluate_texts(
    predictor: Predictor,
    texts: Any,
    labels: Any,
    config: EvaluateConfig,
    baseline: BaselineConfig | None = None,
    corpus: Corpus | None = None,
    history: Sequence[Mapping[str, Any]] = (),
    best_epoch: int | None = None,
) -> Report:
    """The report on N `texts` with their `labels`, as the stage evaluate makes it.

    With the training `corpus` a linear `baseline` is fitted on it, and compared. Raises ConfigError, DataError.
    """
    require_column(labels, texts)
    given = examples_of(texts, predictor.columns)
    if not given:
        raise DataError("texts: expected one at least, to be evaluated, found none")
    true = prepare_labels(labels, given, predictor.target)
    with python_names():
        table = examples_from_sequences(given, true, predictor.columns, predictor.target.kind)
        found, known = as_classes(table.examples.labels, predictor.target)
        examples, _ = split_by_known_order(replace(table.examples, labels=found), known, "the examples", "refuse")
        require_some_known(examples, known, "labels: ", "", "")
        reading = ReadingSummary(table.cut, table.surrogates, table.trimmed, nuls=table.nuls)
        more: dict[str, Any] = {"history": history, "best_epoch": best_epoch} if history else {}
        if corpus is not None and baseline is not None and not find_new_classes(examples.labels, known):
            more |= _compared(predictor, corpus, examples, baseline)
        return report_of(predictor, examples, known, reading, config, **more)


def _compared(predictor: Predictor, corpus: Corpus, examples: Examples, config: BaselineConfig) -> dict[str, Any]:
    """The part of a report on the baseline, fitted on the training split of `corpus` and read on `examples`."""
    words = tokenize(replace(corpus, splits={**corpus.splits, "test": examples}), predictor.text)
    fitted = fit_baseline(words, config)
    return {
        "baseline": describe_baseline(fitted, corpus.target),
        "baseline_probabilities": fitted.scores["test"],
        "baseline_thresholds": fitted.thresholds,
    }
