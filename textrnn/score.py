"""A saved model on new labelled rows: the same report, without baseline and learning curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textrnn.config.data import DataConfig, Errors
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.checks import Reading, check_splits
from textrnn.data.corpus import Examples
from textrnn.data.readers.read import read_source
from textrnn.data.readers.source import resolve
from textrnn.data.target import Label, Target, encode_labels
from textrnn.decision.decision import decide
from textrnn.errors import DataError
from textrnn.evaluation.branches import measure_branches
from textrnn.evaluation.compose import report_on
from textrnn.evaluation.rejection import measure_rejection
from textrnn.evaluation.report import Report
from textrnn.predictor import Predictor


def score_rows(
    predictor: Predictor,
    source: str,
    *,
    text_column: str = "text",
    label_column: str = "label",
    errors: Errors = "strict",
    delimiter: str | None = None,
) -> Report:
    """The report on the labelled rows of `source`, a file or a package as in `data.source`.

    Where it has splits, its test split is scored. Raises DataError for what is not such rows, or for a
    label that the model does not know.
    """
    target = predictor.target
    config = DataConfig(
        text_column=text_column, label_column=label_column, errors=errors, delimiter=delimiter, target=target.kind,
        max_labels=max(DataConfig.max_labels, target.outputs),
    )  # fmt: skip
    tables = read_source(resolve(source), config)
    table = tables.splits.get("test") or next(iter(tables.splits.values()))
    examples = table.examples
    examples = Examples(examples.columns, _as_classes(examples.labels, predictor.target), examples.rows)
    try:
        labels = encode_labels(predictor.target, examples.labels)
    except DataError as error:
        raise DataError(f"{source}: {error}") from None
    rows = predictor.encode(examples.texts)
    logits = predictor.logits_of(rows)
    probabilities, scoring = decide(predictor.decision, logits), EvaluateConfig()
    reading = Reading(table.cut, table.surrogates, table.trimmed, nuls=table.nuls, replaced=tables.replaced)
    return report_on(
        examples,
        labels,
        probabilities,
        predictor.target,
        np.asarray(rows.lengths),
        config=scoring,
        settings={},
        split="new",
        thresholds=predictor.decision.thresholds,
        checks=check_splits({"test": examples}, predictor.target, reading),
        branches=measure_branches(labels, probabilities, logits, predictor.decision, scoring, target)
        if predictor.wide.ngrams.features
        else None,
        rejection=measure_rejection(labels, logits, predictor.decision, target),
    )


def _as_classes(labels: Sequence[Label], target: Target) -> list[Label]:
    """Labels as the model writes them: a CSV file has the text 1 where JSON Lines had the number."""
    if not target.exclusive:
        return list(labels)
    by_name: dict[str, Label] = {str(label): label for label in target.classes}
    return [by_name.get(str(label), label) for label in labels]
