"""Pieces of HTML: escaped text, numbers, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from textrnn.evaluation.wording import clean_text


def user_text(text: object) -> str:
    """Somebody's text made harmless: cleaned, escaped, and kept from turning the direction of what follows."""
    return f"<bdi>{escape(clean_text(str(text)))}</bdi>"


def number(value: float | int | None, digits: int = 3) -> str:
    """A number with thousands set apart, a dash for none.

    >>> number(0.91234), number(25000), number(None)
    ('0.912', '25,000', '&ndash;')
    """
    if value is None:
        return "&ndash;"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"


def interval(score: Mapping[str, Any], digits: int = 3) -> str:
    """The 95 % interval of a score, "" where it has none."""
    if score.get("low") is None:
        return ""
    return f"{number(score['low'], digits)} to {number(score['high'], digits)}"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """A table of cells that are HTML already; all but the first `texts` columns are numbers, set to the right."""
    kind = ["" if i < texts else ' class="n"' for i in range(len(heads))]
    head = "".join(f'<th scope="col"{kind[i]}>{name}</th>' for i, name in enumerate(heads))
    body = "\n".join(
        "<tr>"
        + f'<th scope="row">{row[0]}</th>'
        + "".join(f"<td{kind[i]}>{cell}</td>" for i, cell in enumerate(row[1:], start=1))
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def section(title: str, *parts: str) -> str:
    """A section with its heading; "" where all parts are empty."""
    inside = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{title}</h2>\n{inside}\n</section>" if inside else ""


def settings_list(values: Mapping[str, Any]) -> str:
    """Names and values as a list of definitions."""
    rows = "".join(f"<dt>{user_text(name)}</dt><dd>{_shown(value)}</dd>" for name, value in values.items())
    return f'<dl class="settings">{rows}</dl>'


def _shown(value: Any) -> str:
    if value is None:
        return "&ndash;"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return f"{value:,}" if value >= 10_000 else str(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(item) for item in value)
    return user_text(value)
