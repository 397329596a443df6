"""The section on slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.formatting import format_p_value
from textrnn.evaluation.headline import SCORES
from textrnn.evaluation.markup import name_text, number, scrolling, section, table

SHOWN = 40


def show_slices(data: Mapping[str, Any]) -> str:
    """Render the score of each slice against that of the other rows, weak ones first."""
    found = data["diagnosis"].get("slices")
    if not found or not found["rows"]:
        return ""
    rows = [
        [
            f"<b>{name_text(row['name'])}</b>" if row["weak"] else name_text(row["name"]),
            number(row["count"]),
            number(row["value"]),
            number(row["other"]),
            f"{row['difference']:+.3f}",
            format_p_value(row["p_value"]).removeprefix("p ").removeprefix("= "),
        ]
        for row in found["rows"][:SHOWN]
    ]
    heads = ["Rows with", "Rows", SCORES[found["score"]], "Other rows", "Difference", "p"]
    note = (
        "Groups by length, unknown words, script and columns, and by words in which errors gather on validation. p is "
        "the probability of such a difference by chance, corrected for the number of slices (Holm); those in bold are "
        "worse than the other rows by more than chance."
    )
    return section("Slices", f'<p class="note">{note}</p>', scrolling(table(heads, rows), len(rows)))
