"""A saved model on new labelled rows: the same report, without baseline or learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import DataConfig, OnBadRow, TextFormat
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.columns import require_distinct
from textrnn.data.data_check import ReadingSummary, check_splits
from textrnn.data.examples import Examples, SplitName, select_examples
from textrnn.data.new_classes import add_classes, as_classes, find_invalid_labels, find_new_classes
from textrnn.data.readers.gather import MAX_SHOWN
from textrnn.data.readers.preview import column_names
from textrnn.data.readers.read_source import SKIP_ADVICE, read_source
from textrnn.data.readers.rows import BadRow
from textrnn.data.readers.source import resolve
from textrnn.data.readers.wording import count, quote, quote_list, suggest_nearest
from textrnn.data.row_names import name_row
from textrnn.data.tabular import encode_tabular
from textrnn.data.target import UNSEEN_LOGIT, Target, encode_labels
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, choose, compute_scores
from textrnn.decision.extend_classes import extend_classes
from textrnn.errors import ConfigError, DataError
from textrnn.evaluation.branch_scores import measure_branches
from textrnn.evaluation.build_report import build_report
from textrnn.evaluation.diagnosis.diagnose import ScoredRows, diagnose, slice_columns
from textrnn.evaluation.explained import ExplanationInputs
from textrnn.evaluation.feature_importance import permutation_importance
from textrnn.evaluation.rejection import measure_rejection
from textrnn.evaluation.reliability import before_calibration
from textrnn.evaluation.report import Report
from textrnn.model.explain import explainer_of
from textrnn.model.predictor import Predictor
from textrnn.text.ragged import Ragged

DEFAULT_TEXT_FORMAT = TextFormat()


def score_rows(predictor: Predictor, source: str, **reading: Any) -> Report:
    """The report on the labelled rows of `source`, which `read_labelled` reads by the options `reading`.

    A label that the model does not know counts as wrong, and the data check names its rows.
    """
    return report_of(predictor, *read_labelled(predictor, source, **reading))


def read_labelled(
    predictor: Predictor,
    source: str,
    *,
    split: SplitName = "test",
    text_column: str | tuple[str, ...] | None = None,
    label_column: str | None = None,
    label_separator: str | None = None,
    text_format: TextFormat = DEFAULT_TEXT_FORMAT,
    on_bad_row: OnBadRow = "refuse",
    slice_by: tuple[str, ...] = (),
) -> tuple[Examples, Target, ReadingSummary]:
    """The labelled rows of `source`, a file or a package as in `data.source`, the predictor's target for their labels,
    and what reading met.

    Columns that are not named are called as in training, and labels are parted as there. Where it has splits, that
    called `split` is read, with the columns `slice_by` for the report. Raises DataError for what is not such rows;
    `on_bad_row` says what is done with a row that cannot be used.
    """
    columns, found = predictor.columns, resolve(source)
    texts = columns.text if text_column is None else (text_column,) if isinstance(text_column, str) else text_column
    label = label_column or columns.label
    wanted = (*texts, label)
    config = DataConfig(
        text_column=texts,
        label_column=label,
        numeric=columns.numeric,
        categorical=columns.categorical,
        id_column=columns.id if columns.id and columns.id in column_names(found, text_format, wanted) else None,
        **asdict(text_format),
        target=predictor.target.kind,
        label_separator=label_separator or columns.label_separator,
        max_characters=columns.max_characters,
        max_labels=max(DataConfig.max_labels, predictor.target.outputs),
        on_bad_row=on_bad_row,
        slice_by=slice_by,
    )
    _require_as_many(config.text_columns, columns.text)
    require_distinct(config)
    tables = read_source(found, config)
    table = tables.splits.get(split) or next(iter(tables.splits.values()))
    labels, known = as_classes(table.examples.labels, predictor.target)
    examples, bad = split_by_known_order(replace(table.examples, labels=labels), known, source, on_bad_row)
    other = ", or set data.label_separator" * (known.kind in ("multi", "path"))
    advice = f"; name the label column by data.label_column{other}"
    require_some_known(examples, known, f"{source}: ", f" in the column {quote(config.label_column)}", advice)
    reading = ReadingSummary(
        table.cut,
        table.surrogates,
        table.trimmed,
        tables.dropped,
        nuls=table.nuls,
        replaced=tables.replaced,
        bad=table.bad + len(bad),
        first_bad=tuple(("", row) for row in (*table.first_bad, *bad)[:MAX_SHOWN]),
        merged=tables.merged,
    )
    return examples, known, reading


def _require_as_many(found: Sequence[str], expected: Sequence[str]) -> None:
    """Refuse, by ConfigError, other text columns than one for each of the training's."""
    if len(found) != len(expected):
        raise ConfigError(
            f"--text-column: expected {len(expected)} of them, in place of {quote_list(expected)}, found {len(found)}"
        )


def report_of(
    predictor: Predictor,
    examples: Examples,
    known: Target,
    reading: ReadingSummary,
    config: EvaluateConfig = EvaluateConfig(),  # noqa: B008
    **more: Any,
) -> Report:
    """The report on `examples`, which `reading` took from somewhere; `known` is the target of the predictor.

    A label that the model does not know counts as wrong. `more` goes to `build_report`.
    """
    new = find_new_classes(examples.labels, known)
    target = add_classes(known, list(dict.fromkeys(name for _, name in new)))
    codes = encode_labels(target, examples.labels)
    rows = predictor.encode(examples.texts)
    tabular = encode_tabular(predictor.tabular, examples.tabular, len(examples)) if predictor.tabular.features else None
    decision, logits = _with_new(predictor.decision, predictor.encoded_logits(rows, tabular), known, target)
    probabilities = compute_scores(decision, logits)
    checks = check_splits({"test": examples}, target, reading, predictor.tabular)
    predictions = choose(decision, probabilities)

    def reread(longer: Ragged, places: NDArray[np.int64], max_tokens: int) -> NDArray[Any]:
        cells = None if tabular is None else tabular.take(places)
        own = replace(predictor, max_tokens=max_tokens).encoded_logits(longer, cells)
        widened, logits = _with_new(predictor.decision, own, known, target)
        return choose(widened, compute_scores(widened, logits))

    return build_report(
        examples,
        codes,
        probabilities,
        target,
        np.asarray(rows.lengths),
        config=config,
        settings={},
        split="new",
        thresholds=decision.thresholds,
        predictions=predictions,
        checks={**checks, "warnings": _warn_of_new(examples, new, known) + checks["warnings"]},
        branches=measure_branches(codes, probabilities, logits, decision, config, target)
        if predictor.ngram_branch.ngrams.features
        else None,
        rejection=measure_rejection(codes, logits, decision, target),
        tabular=()
        if tabular is None or new
        else permutation_importance(
            predictor.encoded_logits, decision, rows, tabular, predictor.tabular, codes, target, config
        ),
        explaining=None if new else ExplanationInputs(explainer_of(predictor), rows, logits, tabular),
        diagnosis=diagnose(
            target,
            ScoredRows(rows, codes, probabilities, predictions, examples.texts, slice_columns(examples)),
            max_tokens=predictor.max_tokens,
            reread=reread,
            config=config,
        ),
        calibrating=before_calibration(decision, logits, has_ngrams=predictor.ngram_branch.ngrams.features > 0),
        **more,
    )


def split_by_known_order(
    examples: Examples, target: Target, source: str, on_bad_row: OnBadRow
) -> tuple[Examples, tuple[BadRow, ...]]:
    """The examples whose labels have a place among the classes of an order, and those that have none.

    Raises DataError at one of the latter, unless it is to be skipped, and where no other is left.
    """
    found = find_invalid_labels(examples.labels, target)
    bad = tuple(
        BadRow(int(examples.rows[i]), error.reason, source, name_row(examples, i)) for i, error in found.items()
    )
    if bad and (on_bad_row == "refuse" or len(bad) == len(examples)):
        raise DataError(bad[0].advise(SKIP_ADVICE if on_bad_row == "refuse" else ""))
    return (select_examples(examples, [i for i in range(len(examples)) if i not in found]) if bad else examples), bad


def require_some_known(examples: Examples, known: Target, place: str, where: str, advice: str) -> None:
    """Refuse, by DataError, rows of which none has a label that the model knows."""
    new = find_new_classes(examples.labels, known)
    names = {name for _, name in new}
    labels = (label if isinstance(label, tuple) else (label,) for label in examples.labels)
    if names and not any(name not in names for label in labels for name in label):
        example, name = new[0]
        raise DataError(
            f"{place}expected labels that the model knows ({quote_list(known.classes, 5)}){where}, found none in "
            f"{count(len(examples), 'row')}; {name_row(examples, example)} has {quote(name)}{advice}"
        )


def _with_new(decision: Decision, logits: BranchLogits, known: Target, target: Target) -> tuple[Decision, BranchLogits]:
    """Logits (N, C) and decision of the classes of `target`: those that are not `known` are never predicted."""
    if target.outputs == known.outputs:
        return decision, logits
    number = {name: i for i, name in enumerate(target.classes)}
    places = [number[name if target.kind != "multi" else str(name)] for name in known.classes]
    never = UNSEEN_LOGIT / max(decision.recurrent, decision.ngram_branch)

    def widened(own: NDArray[np.float64]) -> NDArray[np.float64]:
        wide = np.full((len(own), target.outputs), never)
        wide[:, places] = own
        return wide

    of_all = extend_classes(decision, places, target.outputs)
    return of_all, BranchLogits(widened(logits.recurrent), widened(logits.ngram_branch))


def _warn_of_new(examples: Examples, new: Sequence[tuple[int, str | int]], known: Target) -> list[str]:
    """A sentence for each of the first labels that the model does not know, and one for the others."""
    by_name: dict[str, list[int]] = {}
    for example, name in new:
        by_name.setdefault(str(name), []).append(example)
    messages = []
    for name, rows in list(by_name.items())[:MAX_SHOWN]:
        named = ", ".join(name_row(examples, row) for row in rows[:3]) + (", ..." if len(rows) > 3 else "")
        messages.append(
            f"the model does not know the label {quote(name)}: {count(len(rows), 'row')} with it cannot be predicted "
            f"({named}){suggest_nearest(name, known.names)}"
        )
    more = len(by_name) - MAX_SHOWN
    return messages + ([f"so have {count(more, 'more label', 'more labels')} of these rows"] if more > 0 else [])
