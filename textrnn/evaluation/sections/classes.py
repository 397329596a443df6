"""The section on scores class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textrnn.evaluation.markup import (
    ROWS_AT_ONCE,
    format_number,
    html_section,
    html_table,
    name_text,
    scrollable,
)

_LABEL_SCORES = ("precision", "recall", "f1", "average_precision", "threshold", "support", "predicted")


def show_classes(data: Mapping[str, Any]) -> str:
    """Render the scores per class, the weakest first if there are many, and the most confused pairs."""
    classes = data["classes"]
    if not classes:
        return ""
    if data["target"]["kind"] == "multi":
        return _show_labels(classes)
    if many := len(classes) > ROWS_AT_ONCE:
        classes = sorted(classes, key=lambda row: row["f1"])
    rows = [
        [
            name_text(row["name"]),
            *(_with_ends(row, name) for name in ("precision", "recall", "f1")),
            format_number(row["support"]),
            format_number(row["predicted"]),
        ]
        for row in classes
    ]
    heads = ["Class", "Precision", "Recall", "F1", "Examples", "Predicted"]
    scores = scrollable(html_table(heads, rows), len(rows))
    if len(rows) <= 2 or not data["confused"]:
        return html_section("Class by class", scores)
    confused = [
        [name_text(pair["true"]), name_text(pair["predicted"]), format_number(pair["count"]), f"{pair['share']:.1%}"]
        for pair in data["confused"]
    ]
    listed = html_table(["True class", "Predicted", "Count", "Of the true class"], confused, texts=2)
    order = ", the weakest first" if many else ""
    pairs = f"<h3>Classes mixed up most often</h3>{scrollable(listed, len(confused))}"
    return html_section("Class by class", f"<h3>Scores{order}</h3>{scores}", pairs)


def _show_labels(classes: Sequence[Mapping[str, Any]]) -> str:
    """Render the scores per label, the weakest first."""
    rows = [
        [name_text(row["name"]), *(format_number(row[name]) for name in _LABEL_SCORES)]
        for row in sorted(classes, key=lambda row: row["f1"])
    ]
    heads = ["Label", "Precision", "Recall", "F1", "Average precision", "Threshold", "Examples", "Predicted"]
    note = "A label is predicted where its probability reaches its threshold, the one with the best F1 on validation."
    return html_section("Label by label", f'<p class="note">{note}</p>', scrollable(html_table(heads, rows), len(rows)))


def _with_ends(row: Mapping[str, Any], name: str) -> str:
    """A class's score, and its 95 % interval below it."""
    ends = row["intervals"].get(name)
    below = f'<br><span class="ends">{format_number(ends[0])} to {format_number(ends[1])}</span>' if ends else ""
    return f"{format_number(row[name])}{below}"
