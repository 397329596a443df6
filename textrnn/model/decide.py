"""A predictor with thresholds fitted on labelled rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from textrnn.data.example_tables import examples_of, require_column
from textrnn.data.label_input import as_labels
from textrnn.data.new_classes import as_classes, find_new_classes
from textrnn.data.python_columns import require_same_length
from textrnn.data.readers.wording import format_row, quote, quote_list
from textrnn.data.target import Target, encode_labels
from textrnn.decision.apply_request import apply_request
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.cost_matrix import cost_matrix
from textrnn.decision.describe import describe_missing
from textrnn.decision.request import Request, require_possible
from textrnn.errors import DataError, NoGuaranteeError
from textrnn.model.predictor import Predictor


def make_request(
    target: Target,
    precision: float | None,
    recall: float | None,
    coverage: float | None,
    abstain_below: float | None,
    costs: Mapping[str, Mapping[str, float]] | None,
    for_class: str | Sequence[str] | None,
    confidence: float,
) -> Request:
    """Return what is asked of a classifier of `target`. Raises ConfigError for what has no meaning."""
    classes = () if for_class is None else (for_class,) if isinstance(for_class, (str, int)) else tuple(for_class)
    matrix = None if costs is None or target.kind in ("multi", "number") else cost_matrix(costs, target.names)
    asked = Request(
        precision, recall, coverage, abstain_below, () if costs is not None and matrix is None else matrix,
        tuple(map(str, classes)), confidence,
    )  # fmt: skip
    require_possible(asked, target)
    return asked


def decide_on(predictor: Predictor, texts: Any, labels: Any, request: Request) -> Predictor:
    """Return `predictor` with the decision for `request` that N `texts` with their `labels` show. Raises DataError,
    NoGuaranteeError.
    """
    require_column(labels, texts)
    examples = examples_of(texts, predictor.columns)
    target = predictor.target
    given = as_labels(labels, target.kind, target.names if target.kind == "multi" else ()).labels
    require_same_length(examples, given)
    found, known = as_classes(given, target)
    if new := find_new_classes(found, known):
        row, name = new[0]
        raise DataError(
            f"labels, {format_row(row + 1)}: expected a label that the model knows ({quote_list(known.classes, 5)}), "
            f"found {quote(name)}; leave such rows out"
        )
    inputs = predictor.read(examples)
    return with_fitted_decision(
        predictor, predictor.encoded_logits(inputs.rows, inputs.tabular), encode_labels(known, found), request
    )


def with_fitted_decision(
    predictor: Predictor, logits: BranchLogits, labels: NDArray[Any], request: Request
) -> Predictor:
    """Return `predictor` with the decision for `request` that N rows with these `logits` and `labels` show.

    Raises NoGuaranteeError where no part of it holds.
    """
    decision = apply_request(predictor.decision, logits, labels, predictor.target, request)
    if not any(promise.holds for promise in decision.promises):
        raise NoGuaranteeError(describe_missing(decision.promises[0], predictor.target.names))
    return replace(predictor, decision=decision)
