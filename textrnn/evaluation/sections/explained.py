"""The section on the phrases, or words, that speak for each class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.markup import name_text, number, scrolling, section, table, user_text
from textrnn.explanation.fragment import mark_piece


def show_explained(data: Mapping[str, Any]) -> str:
    """Render the phrases and the words a class; "" where nothing was explained."""
    found = data.get("explained")
    if not found or not (found["phrases"] or found["words"]):
        return ""
    phrases = _lists(
        "Phrases that the n-gram branch weighs most",
        "With their weights in the calibrated logits, against the mean of the other classes, and the number of texts "
        "here that they stand in.",
        [(row["class"], [(p["text"], p["weight"], p["texts"]) for p in row["phrases"]]) for row in found["phrases"]],
        "Weight",
    )
    words = _lists(
        f"Words that add most, both branches, in {found['explained']} texts",
        "What each adds to the difference of calibrated logits where the class was predicted, on average, and the "
        "number of those texts.",
        [(row["class"], [(w["text"], w["mean"], w["texts"]) for w in row["words"]]) for row in found["words"]],
        "Adds",
    )
    return section("What speaks for each class", phrases, words)


def _lists(title: str, note: str, classes: list[tuple[str, list[tuple[str, float, int]]]], head: str) -> str:
    rows = [
        [name_text(name) if not place else "", user_text(text), number(value), number(texts)]
        for name, listed in classes
        for place, (text, value, texts) in enumerate(listed)
    ]
    if not rows:
        return ""
    heads = ["Class", "Text", head, "Texts"]
    return f'<h3>{title}</h3><p class="note">{note}</p>{scrolling(table(heads, rows, texts=2), len(rows))}'


def show_pieces(explained: Mapping[str, Any]) -> str:
    """Render the coloured text of an explained error, and its largest parts."""
    pieces = "".join(mark_piece(piece, share) for piece, share in explained["pieces"])
    top = " · ".join(f"{user_text(text)}&nbsp;{part:+.2f}" for text, part in explained["top"])
    return f'<blockquote dir="auto"><bdi>{pieces}</bdi></blockquote><p class="note">{top}</p>'
