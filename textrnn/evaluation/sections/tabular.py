"""The section on what the text is worth against each tabular feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.headline import SCORES, headline_of
from textrnn.evaluation.markup import (
    format_number,
    html_section,
    html_table,
    name_text,
)


def show_tabular(data: Mapping[str, Any]) -> str:
    """Render the permutation importance."""
    if not data["tabular"]:
        return ""
    lead = headline_of(data)
    rows = [[name_text(part["name"]), format_number(part["score"]), f"{part['loss']:+.4f}"] for part in data["tabular"]]
    note = (
        "What a column is worth: the score when its values are shuffled, so that each row has that of another one, on "
        "average over some shuffles (permutation importance, Breiman 2001). Information that two columns share "
        "counts for neither."
    )
    heads = ["Shuffled", SCORES[lead.name], "Worse by"]
    return html_section("Permutation importance", f'<p class="note">{note}</p>', html_table(heads, rows))
