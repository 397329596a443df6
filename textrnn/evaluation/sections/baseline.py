"""The section on the baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.baseline_summary import UNNAMED_BASELINE
from textrnn.evaluation.formatting import pluralize
from textrnn.evaluation.markup import (
    escape_text,
    format_number,
    html_section,
    html_table,
    name_text,
    scrollable,
)
from textrnn.linear.baseline import MODELS


def show_baseline(data: Mapping[str, Any]) -> str:
    """Render the baseline, its top features per class, and its trials."""
    baseline = data["baseline"]
    if not baseline or not baseline.get("top_features"):
        return ""
    rows = [
        [name_text(row["class"]), ", ".join(name_text(text) for text, _ in row["features"]) or "&ndash;"]
        for row in baseline["top_features"]
    ]
    predictions = f"C = {baseline['inverse_penalty']:g}" + (
        ", the best on validation" if baseline.get("trials") else ""
    )
    if baseline.get("model") == "centroid":
        predictions = "the one model where classes are many"
    note = (
        f"{escape_text(baseline.get('name', UNNAMED_BASELINE))}, of {pluralize(baseline['features'], 'n-gram')}, "
        f"{predictions}. The n-grams with the highest weights for each class:"
    )
    listed = scrollable(html_table(["Class", "N-grams, the strongest first"], rows, texts=2), len(rows))
    return html_section("The baseline", f'<p class="note">{note}</p>', listed, _trials(baseline))


def _trials(baseline: Mapping[str, Any]) -> str:
    """Render the validation scores of each linear model."""
    rows = [
        [
            MODELS[trial["model"]],
            "&ndash;" if trial["model"] == "centroid" else f"{trial['inverse_penalty']:g}",
            format_number(trial["score"], 4),
            format_number(trial["loss"], 4),
        ]
        for trial in baseline.get("trials", ())
    ]
    if not rows:
        return ""
    heads = ["Model", "C", *_trial_heads(baseline)]
    note = "C is the inverse regularisation strength: the larger, the closer a model fits the training texts."
    return f'<h3>The linear models that were tried</h3><p class="note">{note}</p>{html_table(heads, rows)}'


def _trial_heads(baseline: Mapping[str, Any]) -> tuple[str, str]:
    score, loss = baseline.get("judged_by", ("accuracy", "log loss"))
    if (score, loss) == ("accuracy", "log loss"):
        return "Accuracy on validation", "Log loss"
    return f"{score[:1].upper()}{score[1:]} on validation", f"{loss[:1].upper()}{loss[1:]}"
