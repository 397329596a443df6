"""A saved model on new labelled rows: the same report, without baseline and learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from textrnn.config.data import DataConfig, TextFormat
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.checks import Reading, check_splits
from textrnn.data.load import require_distinct
from textrnn.data.readers.peek import column_names
from textrnn.data.readers.read import read_source
from textrnn.data.readers.source import resolve
from textrnn.data.readers.wording import listed
from textrnn.data.side import encode_side
from textrnn.data.target import Label, Target, encode_labels
from textrnn.decision.decision import decide
from textrnn.errors import ConfigError, DataError
from textrnn.evaluation.branches import measure_branches
from textrnn.evaluation.compose import report_on
from textrnn.evaluation.rejection import measure_rejection
from textrnn.evaluation.report import Report
from textrnn.predictor import Predictor

TEXT_FORMAT = TextFormat()


def score_rows(
    predictor: Predictor,
    source: str,
    *,
    text_column: str | tuple[str, ...] | None = None,
    label_column: str | None = None,
    text_format: TextFormat = TEXT_FORMAT,
) -> Report:
    """The report on the labelled rows of `source`, a file or a package as in `data.source`.

    Columns that are not named are called as in training. Where it has splits, its test split is scored. Raises
    DataError for what is not such rows, or for a label that the model does not know.
    """
    target, columns, found = predictor.target, predictor.columns, resolve(source)
    config = DataConfig(
        text_column=text_column or columns.text,
        label_column=label_column or columns.label,
        numeric=columns.numeric,
        categorical=columns.categorical,
        id_column=columns.id if columns.id and columns.id in column_names(found, text_format) else None,
        **asdict(text_format),
        target=target.kind,
        max_labels=max(DataConfig.max_labels, target.outputs),
    )
    if len(config.text_columns) != len(columns.text):
        raise ConfigError(
            f"--text-column: expected {len(columns.text)} of them, in place of {listed(columns.text)}, "
            f"found {len(config.text_columns)}"
        )
    require_distinct(config)
    tables = read_source(found, config)
    table = tables.splits.get("test") or next(iter(tables.splits.values()))
    examples = table.examples
    examples = replace(examples, labels=_as_classes(examples.labels, predictor.target))
    try:
        labels = encode_labels(predictor.target, examples.labels)
    except DataError as error:
        raise DataError(f"{source}: {error}") from None
    rows = predictor.encode(examples.texts)
    side = encode_side(predictor.side, examples.beside, len(examples)) if predictor.side.features else None
    logits = predictor.logits_of(rows, side)
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
        checks=check_splits({"test": examples}, predictor.target, reading, predictor.side),
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
