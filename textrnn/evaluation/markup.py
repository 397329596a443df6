"""Parts of HTML: escaped text, numbers, tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from textrnn.evaluation.formatting import clean_text

ROWS_AT_ONCE = 16  # a longer table scrolls

MAX_UNBROKEN_LENGTH = 24  # columns of a name that are kept on a line
FEW_COLUMNS = 3  # of a table that a phone's width has room for
_PARTED = re.compile(r"(?<=[_\-/\\.:;,|>+&])(?=\w)")


def escape_text(text: object) -> str:
    """Somebody's text made harmless: cleaned, escaped, and kept from turning the direction of what follows."""
    return f"<bdi>{escape(clean_text(str(text)))}</bdi>"


def format_number(value: float | int | None, digits: int = 3) -> str:
    """A number with thousands set apart, a dash for none.

    >>> format_number(0.91234), format_number(25000), format_number(None)
    ('0.912', '25,000', '&ndash;')
    """
    if value is None:
        return "&ndash;"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"


def html_interval(score: Mapping[str, Any], digits: int = 3) -> str:
    """The 95 % interval of a score, "" where it has none."""
    if score.get("low") is None:
        return ""
    return f"{format_number(score['low'], digits)} to {format_number(score['high'], digits)}"


def name_text(text: object) -> str:
    """A class's name, as `escape_text`, that breaks where a reader would break it: at blanks, after signs such as _ or
    /, inside a word only where that has over 24 columns.
    """
    pieces = [piece for part in _PARTED.split(clean_text(str(text))) for piece in _cut(part)]
    return f"<bdi>{'<wbr>'.join(map(escape, pieces))}</bdi>"


def _cut(part: str) -> list[str]:
    """A part of a name in pieces of at most 12 columns (wide characters take two) where it has over 24."""
    if max((sum(map(_columns, word)) for word in part.split()), default=0) <= MAX_UNBROKEN_LENGTH:
        return [part]
    pieces, used = [""], 0
    for character in part:
        width = _columns(character)
        # a mark stays with the letter that it stands on
        if used + width > MAX_UNBROKEN_LENGTH // 2 and width and not unicodedata.category(character).startswith("M"):
            pieces.append("")
            used = 0
        pieces[-1] += character
        used += width
    return pieces


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def html_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """A table of cells that are HTML already; all but the first `texts` columns are numbers, set to the right.

    One of more than three columns, or of several with text, becomes on a narrow screen a block a row, in which each
    cell has its head above it.
    """
    kind = ["t" if i < texts else "n" for i in range(len(heads))]
    head = "".join(f'<th scope="col" class="{kind[i]}">{name}</th>' for i, name in enumerate(heads))
    body = "\n".join(
        "<tr>"
        + f'<th scope="row">{row[0]}</th>'
        + "".join(
            f'<td class="{kind[i]}" data-head="{heads[i]}">{cell}</td>' for i, cell in enumerate(row[1:], start=1)
        )
        + "</tr>"
        for row in rows
    )
    many = ' class="many"' if len(heads) > FEW_COLUMNS or texts > 1 else ""
    return f'<div class="wide"><table{many}><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def html_section(title: str, *parts: str) -> str:
    """A section with its heading; "" where all parts are empty."""
    inside = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{title}</h2>\n{inside}\n</section>" if inside else ""


def prose(text: str) -> str:
    """A sentence of ours as HTML: what stands between backticks is code.

    >>> prose("Run `textrnn audit`.")
    'Run <code>textrnn audit</code>.'
    """
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def html_figure(caption: str, picture: str) -> str:
    """A picture, an SVG element, above its caption; "" without one."""
    return f"<figure>\n{picture}\n<figcaption>{caption}</figcaption>\n</figure>" if picture else ""


def settings_list(values: Mapping[str, Any]) -> str:
    """Names and values as a list of definitions."""
    rows = "".join(f"<dt>{escape_text(name)}</dt><dd>{_shown(value)}</dd>" for name, value in values.items())
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
    return escape_text(value)


def scrollable(table_html: str, rows: int) -> str:
    """Wrap a long table in a scrolling box."""
    if rows <= ROWS_AT_ONCE:
        return table_html
    return table_html.replace('<div class="wide">', '<div class="wide tall" tabindex="0">', 1)
