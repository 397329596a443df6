"""The rows for which two models say different things, those first that one alone has right."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.runs.comparison import Comparison, ModelPredictions
from textrnn.data.examples import Examples
from textrnn.data.spreadsheet_cells import escape_formula
from textrnn.storage.files import write_bytes

RELATIVE_TOLERANCE = 1e-9  # share of the numbers by which they may differ, and be told as equal


@dataclass(frozen=True)
class DifferingText:
    """A row for which two models, A and B, say different things: its number in its source, its id if it has one, its
    text, its label, what each says with its probability, and which of them is right ("a", "b", "neither"; of numbers
    which one is closer).
    """

    row: int
    id: str
    text: str
    label: str
    a: str
    a_probability: float | None
    b: str
    b_probability: float | None
    right: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


COLUMNS = tuple(DifferingText.__dataclass_fields__)


def find_differing(
    examples: Examples, first: ModelPredictions, second: ModelPredictions, comparison: Comparison
) -> list[DifferingText]:
    """The rows for which the two say different things: what A alone has right, what B alone has, the rest; each by the
    probability that the wrong one gives, the highest first. Of numbers by how far apart the two are.
    """
    rows = [row for row in range(len(examples)) if _differ(first.labels[row], second.labels[row])]
    rank = {"a": 0, "b": 1, "neither": 2}
    found = [
        (_weight(row, first, second, comparison), _text_of(row, examples, first, second, comparison)) for row in rows
    ]
    if comparison.kind == "number":
        return [text for _, text in sorted(found, key=lambda pair: -pair[0])]
    return [text for _, text in sorted(found, key=lambda pair: (rank[pair[1].right], -pair[0]))]


def _differ(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) > RELATIVE_TOLERANCE * max(abs(one), abs(other))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return set(one) != set(other)
    return str(one) != str(other)


def _weight(row: int, first: ModelPredictions, second: ModelPredictions, comparison: Comparison) -> float:
    if comparison.kind == "number":
        return abs(float(first.scores[row, 0]) - float(second.scores[row, 0]))
    wrong = second if comparison.right[0][row] else first
    return _probability(row, wrong, comparison) or 0.0


def _probability(row: int, answers: ModelPredictions, comparison: Comparison) -> float | None:
    """The probability of what a model says, where a text has one class."""
    if comparison.kind in ("number", "multi"):
        return None
    return float(answers.scores[row, int(np.asarray(answers.predictions)[row])])


def _text_of(
    row: int, examples: Examples, first: ModelPredictions, second: ModelPredictions, comparison: Comparison
) -> DifferingText:
    right = "a" if comparison.right[0][row] else "b" if comparison.right[1][row] else "neither"
    return DifferingText(
        int(examples.rows[row]),
        examples.ids[row] if len(examples.ids) else "",
        examples.texts[row],
        _shown(examples.labels[row]),
        _shown(first.labels[row]),
        _probability(row, first, comparison),
        _shown(second.labels[row]),
        _probability(row, second, comparison),
        right,
    )


def _shown(label: Any) -> str:
    if isinstance(label, tuple):
        return ", ".join(label) or "none of them"
    return f"{label:.6g}" if isinstance(label, float) else str(label)


def write_differing(texts: Sequence[DifferingText], path: Path) -> None:
    """Write `texts` as CSV with a header, in UTF-8, no cell of which a spreadsheet would calculate. Raises OSError."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([escape_formula(cell) for cell in _cells(text)] for text in texts)
    write_bytes(path, buffer.getvalue().encode("utf-8", "replace"))


def _cells(text: DifferingText) -> Iterable[object]:
    return (
        "" if value is None else f"{value:.6f}" if isinstance(value, float) else value
        for value in asdict(text).values()
    )
