"""An explanation as a piece of HTML without a style sheet: for a notebook, a page, a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from textrnn.explanation.parts import ColumnPart, WordPart
from textrnn.explanation.sanitize import sanitize, split_at

FOR, AGAINST = (47, 111, 208), (214, 125, 30)  # blue, orange: told apart by colour-blind readers too
FAINTEST, STRONGEST = 0.04, 0.6  # of the largest part, what is not coloured; how opaque the largest is
ROWS_SHOWN = 8  # words and columns in the table


@dataclass(frozen=True)
class ShownExplanation:
    """What is shown: a headline, the text columns by name, parts in order, and what is left by name."""

    headline: str
    texts: Mapping[str, str]
    words: Sequence[WordPart]
    columns: Sequence[ColumnPart]
    rest: Sequence[tuple[str, float]]


def show_parts(shown: ShownExplanation) -> str:
    """Returns the headline, the coloured text, and a table of the largest parts."""
    largest = max((abs(word.part) for word in shown.words), default=0.0)
    texts = []
    for name, text in shown.texts.items():
        marked = mark_text(text, [word for word in shown.words if word.column == name], largest)
        heading = f'<p style="margin:0;opacity:.7">{_safe(name)}</p>' if len(shown.texts) > 1 else ""
        texts.append(f'{heading}<p style="margin:.2em 0 .6em;line-height:1.9">{marked}</p>')
    heading = f'<p style="margin:0 0 .4em"><b>{_safe(shown.headline)}</b></p>'
    return f'<div class="explanation">{heading}{"".join(texts)}{_table(shown)}</div>'


def mark_text(text: str, words: Sequence[WordPart], largest: float) -> str:
    """Returns `text` with the words whose parts are not small against the `largest` coloured, what is against it
    underlined too.
    """
    html = []
    for piece, which in split_at(text, [(word.start, word.end) for word in words]):
        strength = 0.0 if which is None or not largest > 0 else words[which].part / largest
        word = words[which or 0] if words else None
        title = "" if word is None else _title(word)
        html.append(mark_piece(piece, strength, title))
    return f'<bdi dir="auto">{"".join(html)}</bdi>'


def mark_piece(piece: str, strength: float, title: str = "") -> str:
    """Returns a harmless `piece` in its colour: `strength` is its part as a share of the largest, from -1 to 1."""
    if abs(strength) < FAINTEST:
        return escape(piece)
    red, green, blue = FOR if strength > 0 else AGAINST
    line = "" if strength > 0 else ";text-decoration:underline dotted"
    colour = f"rgba({red},{green},{blue},{STRONGEST * min(abs(strength), 1):.2f})"
    style = f"background:{colour};color:inherit;border-radius:.2em{line}"
    return f'<mark style="{style}" title="{escape(title)}">{escape(piece)}</mark>'


def _title(word: WordPart) -> str:
    return f"{word.part:+.3f}: recurrent branch {word.recurrent:+.3f}, n-grams {word.ngram_branch:+.3f}"


def _table(shown: ShownExplanation) -> str:
    words = sorted(shown.words, key=lambda word: -abs(word.part))[:ROWS_SHOWN]
    rows = [(word.text, word.part) for word in words]
    rows += [(f"{part.column} = {part.value}", part.part) for part in shown.columns]
    others = sum(word.part for word in shown.words) - sum(word.part for word in words)
    rows += [("all other words", others)] if len(shown.words) > ROWS_SHOWN else []
    body = "".join(
        f'<tr><td style="text-align:right;padding:0 .8em 0 0">{part:+.3f}</td>'
        f'<td style="text-align:left"><bdi>{_safe(name)}</bdi></td></tr>'
        for name, part in [*rows, *shown.rest]
    )
    return f'<table style="font-size:.9em;font-variant-numeric:tabular-nums"><tbody>{body}</tbody></table>'


def _safe(text: str) -> str:
    return escape(sanitize(text))
