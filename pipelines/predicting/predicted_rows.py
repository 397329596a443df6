"""Rows with their predictions, a list a column."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.predicting.input_columns import write_json
from pipelines.predicting.output_columns import OutputColumns

if TYPE_CHECKING:
    from textrnn.model.stream import Window


class PredictedRows(NamedTuple):
    """N rows, `original` as the reader gave them, with their predictions, all in lists of N.

    `label` is None where the prediction is rejected, which then is `rejected_label`, None elsewhere. `probability` is
    that of the class chosen, where one is. `scores`
    is what is said of the classes `shown`, to 6 digits. `tokens`, `cut` and `unknown` are those of
    `textrnn.model.predictor.Predictions`. Of a row that could not be used all are None, and `error` says why.
    """

    original: Sequence[Any]
    label: Sequence[Any]
    probability: Sequence[Any]
    accepted: Sequence[Any]
    rejected_label: Sequence[Any]
    tokens: Sequence[Any]
    cut: Sequence[Any]
    unknown: Sequence[Any]
    shown: Sequence[Any]
    scores: Sequence[Any]
    error: Sequence[str]

    @property
    def rejected(self) -> int:
        """How many predictions are rejected."""
        return list(self.accepted).count(False)

    @property
    def bad(self) -> int:
        """How many rows could not be used."""
        return sum(map(bool, self.error))


def make_predicted_rows(
    window: "Window", target: Any, columns: OutputColumns, phrase: Callable[[str], str]
) -> PredictedRows:
    """The rows of a `window` with their predictions; `phrase` makes the error of a row that could not be used."""
    import numpy as np

    from textrnn.data.target import decode_labels

    rows, found = window
    count = len(found.accepted)
    accepted = found.accepted.tolist()
    labels: list[Any] = decode_labels(target, found.predictions)
    rejected: list[Any] = [None] * count
    if not all(accepted):
        rejected = [None if stands else label for label, stands in zip(labels, accepted, strict=True)]
        labels = [label if stands else None for label, stands in zip(labels, accepted, strict=True)]
    own = [None] * count
    if columns.single and count:
        own = found.probabilities[np.arange(count), found.predictions].round(6).tolist()
    shown, scores = _classes_shown(found.probabilities, columns) if columns.names else ([()] * count, [()] * count)
    told = [labels, own, accepted, rejected, found.tokens.tolist(), found.cut.tolist(), found.unknown.round(4).tolist()]
    told += [shown, scores]
    if count == len(rows):
        return PredictedRows._make([[row.original for row in rows], *told, [""] * count])
    places = [place for place, row in enumerate(rows) if row.example is not None]
    errors = [phrase(row.error) if row.error else "" for row in rows]
    spread = [_spread(column, places, len(rows)) for column in told]
    return PredictedRows._make([[row.original for row in rows], *spread, errors])


def _classes_shown(probabilities: Any, columns: OutputColumns) -> tuple[list[Any], list[Any]]:
    """Of each text (N) the numbers of the classes that are shown, and their probabilities."""
    import numpy as np

    count = len(probabilities)
    if columns.top is None:
        return [range(len(columns.names))] * count, probabilities.round(6).tolist()
    if columns.top == 0 or not count:
        return [()] * count, [()] * count
    numbers = (-probabilities).argsort(axis=1, kind="stable")[:, : columns.top]
    return numbers.tolist(), np.take_along_axis(probabilities, numbers, axis=1).round(6).tolist()


def _spread(column: Iterable[Any], places: Sequence[int], count: int) -> list[Any]:
    """`count` values: those of `column` at the `places`, None elsewhere."""
    found: list[Any] = [None] * count
    for place, value in zip(places, column, strict=True):
        found[place] = value
    return found


def table_columns(rows: PredictedRows, columns: OutputColumns, *, joined: bool) -> list[Sequence[Any]]:
    """The columns `columns.added_columns` of `rows`; several labels are one cell if `joined`, else a list.

    What there is none of is an empty cell if `joined`, else None.
    """
    count, model = len(rows.original), columns.model
    used = [not error for error in rows.error] if any(rows.error) else None
    labels = rows.label
    if not columns.single and joined and columns.names:
        labels = [None if label is None else _join(label, columns.separator) for label in labels]
    found = [labels]
    if columns.single:
        found += [rows.probability, _words(rows.accepted) if joined else rows.accepted]
        found += [rows.rejected_label] if columns.rejects else []
    found += [rows.tokens, _words(rows.cut) if joined else rows.cut, rows.unknown]
    found.append([model] * count if used is None else [model if use else None for use in used])
    if width := len(columns.class_columns):
        nothing = [None] * width
        classes = [
            nothing if scores is None else _cells_of_classes(shown, scores, columns)
            for shown, scores in zip(rows.shown, rows.scores, strict=True)
        ]
        found += [[cells[i] for cells in classes] for i in range(width)]
    if columns.errors:
        found.append(rows.error if joined else [error or None for error in rows.error])
    if joined:
        found = [["" if cell is None else cell for cell in column] if None in column else column for column in found]
    return found


def _cells_of_classes(shown: Sequence[int], scores: Sequence[float], columns: OutputColumns) -> Sequence[Any]:
    if columns.top is None:
        return scores
    ranked = list(zip(shown, scores, strict=True))[columns.first - 1 :]
    return [part for i, score in ranked for part in (columns.classes[i], score)]


def _join(labels: Sequence[str], separator: str | None) -> str:
    if not labels:
        return ""
    return write_json(labels) if separator is None else separator.join(labels)


def _words(column: Sequence[bool | None]) -> list[str | None]:
    """Truth as JSON has it."""
    return [None if value is None else "true" if value else "false" for value in column]
