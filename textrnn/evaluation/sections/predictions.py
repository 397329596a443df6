"""Sections on single predictions: those rejected, those most confidently wrong."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from textrnn.evaluation.markup import (
    escape_text,
    format_number,
    html_interval,
    html_section,
    html_table,
)
from textrnn.evaluation.sections.explained import show_pieces


def show_rejection(data: Mapping[str, Any]) -> str:
    """Render the rejected predictions and the accuracy of the others; "" if nothing can be rejected."""
    if not (found := data["rejection"]):
        return ""
    note = (
        "Predictions that the decision does not accept are rejected: predict gives them no label. All other figures on "
        "this page include them."
    )
    lines = "".join(f"<p>{escape_text(line.strip())}</p>" for line in found.get("lines", ()))
    heads = ["Predictions of", "Rows", "Rejected", "Accuracy of accepted predictions", "95&nbsp;%"]
    accuracy = found["accuracy"]
    shown = [format_number(accuracy["value"]), html_interval(accuracy)] if accuracy["value"] is not None else ["", ""]
    rows = [["this report", format_number(data["examples"]), format_number(found["rejected"]), *shown]]
    return html_section("Rejected predictions", f'<p class="note">{note}</p>', lines, html_table(heads, rows))


_COLOURS = (
    "Blue words speak for what was predicted, orange ones with a dotted line for what is true.",
    "Blue words raise the number, orange ones with a dotted line lower it.",
)


def show_errors(data: Mapping[str, Any]) -> str:
    """Render the most confident errors with their texts."""
    if not data["errors"]:
        return ""
    explained = (data.get("explained") or {}).get("errors", [])
    items = "\n".join(
        f"<li><p>{_error(row)} · {escape_text(row['place'])}</p>{_text(row, why)}</li>"
        for row, why in zip_longest(data["errors"], explained)
    )
    is_number = data["target"]["kind"] == "number"
    which = (
        "Predictions farthest from the true number" if is_number else "Wrong predictions with the highest confidence"
    )
    first = "Row 1 is the first row of data, after the header if there is one."
    note = f"{which}: look here for wrong labels first. {first}{(' ' + _COLOURS[is_number]) * bool(explained)}"
    title = "Largest errors" if is_number else "Most confident errors"
    return html_section(title, f'<p class="note">{note}</p>', f'<ol class="errors">\n{items}\n</ol>')


def _text(row: Mapping[str, Any], explained: Mapping[str, Any] | None) -> str:
    """The text of a wrong prediction, in colour where it is `explained`."""
    if explained and row["text"]:
        return show_pieces(explained)
    return f'<blockquote dir="auto">{escape_text(row["text"]) if row["text"] else "(no text)"}</blockquote>'


def _error(row: Mapping[str, Any]) -> str:
    """Describe a wrong prediction with its probability, if known."""
    sure = f" with probability {format_number(row['probability'])}" if "probability" in row else ""
    true = f" ({format_number(row['probability_of_true'])})" if "probability_of_true" in row else ""
    return f"<b>{escape_text(row['predicted'])}</b>{sure}, but labelled <b>{escape_text(row['true'])}</b>{true}"
