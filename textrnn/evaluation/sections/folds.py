"""The section on the folds of cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.headline import SCORES, headline_of
from textrnn.evaluation.markup import format_number, html_section, html_table

_NOTE = (
    "The scores above are of the predictions of all folds together. How far the folds differ tells how much a score "
    "depends on which rows are trained on. Their training rows overlap, so the intervals are somewhat too narrow: no "
    "unbiased estimate of their width exists (Bengio &amp; Grandvalet 2004)."
)


def show_folds(data: Mapping[str, Any]) -> str:
    """Render the rows and scores of each fold; nothing without folds."""
    if not (folds := data.get("folds")):
        return ""
    rows = [
        [str(fold), format_number(each["rows"]), format_number(each["value"]), format_number(each["baseline"])]
        for fold, each in enumerate(folds, 1)
    ]
    name = SCORES[headline_of(data).name]
    heads = ["Fold", "Rows", name, f"{name} of the baseline"]
    return html_section(f"The {len(folds)} folds", f'<p class="note">{_NOTE}</p>', html_table(heads, rows))
