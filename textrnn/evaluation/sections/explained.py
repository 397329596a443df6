"""The section on the phrases, or words, that speak for each class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.markup import escape_text, html_section, html_table, name_text, scrollable
from textrnn.explanation.fragment import mark_piece


def show_explained(data: Mapping[str, Any]) -> str:
    """Render the phrases and the words a class; "" where nothing was explained."""
    found = data.get("explained")
    if not found or not (found["phrases"] or found["words"]):
        return ""
    phrases = _lists(
        "Phrases that the n-gram branch weighs most",
        "With their weights in the calibrated logits, against the mean of the other classes, and in how many of the "
        "texts here they occur.",
        "Phrases",
        [(row["class"], [(p["text"], p["weight"], p["texts"]) for p in row["phrases"]]) for row in found["phrases"]],
    )
    words = _lists(
        f"Words that add most, both branches, in {found['explained']} texts",
        "What each adds to the difference of calibrated logits where the class was predicted, on average, and in how "
        "many of those texts it occurs.",
        "Words",
        [(row["class"], [(w["text"], w["mean"], w["texts"]) for w in row["words"]]) for row in found["words"]],
    )
    return html_section("What speaks for each class", phrases, words)


def _lists(title: str, note: str, head: str, classes: list[tuple[str, list[tuple[str, float, int]]]]) -> str:
    """Render a row a class: its texts, each with its value and the number of texts in which it occurs."""
    rows = [
        [
            name_text(name),
            ", ".join(f"{escape_text(text)}&nbsp;{value:+.2f}&nbsp;({texts:,})" for text, value, texts in own),
        ]
        for name, own in classes
        if own
    ]
    if not rows:
        return ""
    table = scrollable(html_table(["Class", head], rows, texts=2), len(rows))
    return f'<h3>{title}</h3><p class="note">{note}</p>{table}'


def show_pieces(explained: Mapping[str, Any]) -> str:
    """Render the coloured text of an explained error, and its largest parts."""
    pieces = "".join(mark_piece(piece, share) for piece, share in explained["pieces"])
    top = " · ".join(f"{escape_text(text)}&nbsp;{part:+.2f}" for text, part in explained["top"])
    return f'<blockquote dir="auto"><bdi>{pieces}</bdi></blockquote><p class="note">{top}</p>'
