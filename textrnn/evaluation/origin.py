"""Data, date, duration on a published report, which the report itself has not: equal reports have equal bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from textrnn.evaluation.formatting import clean_text

# where it goes in a page; no text of a user can hold a comment, since all are escaped
_ORIGIN, AUDIT, SEEDS, REPRODUCTION = "origin", "audit", "seeds", "reproduction"
_INSERTED = re.compile(rf"<!-- ({_ORIGIN}|{AUDIT}|{SEEDS}|{REPRODUCTION}) -->.*?<!-- /\1 -->", re.DOTALL)


@dataclass(frozen=True)
class Origin:
    """The names of the `sources`, and what was `done` with them, in words; as HTML what an `audit` says of the labels,
    what runs with other `seeds` reached, and how to come to the same by a `reproduction`.
    """

    sources: tuple[str, ...]
    done: str
    audit: str = ""
    seeds: str = ""
    reproduction: str = ""


def place_for(what: str) -> str:
    """Return the comment of a page in whose place `insert_origin` inserts `what`.

    >>> place_for("audit")
    '<!-- audit -->'
    """
    return f"<!-- {what} -->"


PLACEHOLDER = place_for(_ORIGIN)


def insert_origin(page: str, origin: Origin) -> str:
    """Insert the origin where a report's `page` has a place for it; a page without the places is unchanged."""
    names = ", ".join(f"<bdi>{escape(clean_text(name))}</bdi>" for name in origin.sources)
    named = f'<p class="note origin">Data: {names}. {escape(origin.done)}</p>'
    inserted = (
        (_ORIGIN, named),
        (AUDIT, origin.audit),
        (SEEDS, origin.seeds),
        (REPRODUCTION, origin.reproduction),
    )
    for what, html in inserted:
        if html:
            page = page.replace(place_for(what), f"{place_for(what)}{html}<!-- /{what} -->", 1)
    return page


def remove_origin(page: str) -> str:
    """Undo `insert_origin` on a report's `page`."""
    return _INSERTED.sub(lambda found: place_for(found.group(1)), page)


def source_name(source: str) -> str:
    """Return the name of a source without its folder.

    >>> source_name("/home/me/tickets.csv"), source_name("hub:me/tickets@main"), source_name("tickets/")
    ('tickets.csv', 'hub:me/tickets@main', 'tickets')
    """
    return source if source.startswith(("package:", "hub:")) else Path(source).name or source


def format_time(time: str) -> str:
    """Format an ISO time in UTC; other strings are unchanged.

    >>> format_time("2026-11-30T12:04:59+02:00")
    '30 November 2026, 10:04 UTC'
    """
    try:
        moment = datetime.fromisoformat(time).astimezone(UTC)
    except ValueError:
        return time
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"


def format_duration(seconds: float) -> str:
    """Format a duration.

    >>> format_duration(4.26), format_duration(283.4), format_duration(7265)
    ('4.3 s', '4 min 43 s', '2 h 1 min')
    >>> format_duration(59), format_duration(60), format_duration(3599), format_duration(3600)
    ('59.0 s', '1 min 0 s', '59 min 59 s', '1 h 0 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
