"""The section on slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.formatting import format_p_value
from textrnn.evaluation.headline import SCORES
from textrnn.evaluation.markup import format_number, html_section, html_table, name_text, scrollable

MAX_SHOWN = 40


def show_slices(data: Mapping[str, Any]) -> str:
    """Render the score of each slice against that of the other rows, weak ones first."""
    found = data["diagnosis"].get("slices")
    if not found or not found["rows"]:
        return ""
    rows = [
        [
            f"<b>{name_text(row['name'])}</b>" if row["weak"] else name_text(row["name"]),
            format_number(row["count"]),
            format_number(row["value"]),
            format_number(row["other"]),
            f"{row['difference']:+.3f}",
            format_p_value(row["p_value"]).removeprefix("p ").removeprefix("= "),
        ]
        for row in found["rows"][:MAX_SHOWN]
    ]
    heads = ["Rows with", "Rows", SCORES[found["score"]], "Other rows", "Difference", "p"]
    note = (
        "Groups by length, unknown words, script and columns, and by words in which errors gather on validation. p is "
        "the probability of such a difference by chance, corrected for the number of slices (Holm); those in bold are "
        "worse than the other rows by more than chance."
    )
    return html_section("Slices", f'<p class="note">{note}</p>', scrollable(html_table(heads, rows), len(rows)))
