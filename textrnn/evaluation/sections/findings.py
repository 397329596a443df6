"""The section on what the checks found."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from textrnn.evaluation.checks.all_checks import CHECKS
from textrnn.evaluation.checks.check import PAGE
from textrnn.evaluation.conclusion import Conclusion
from textrnn.evaluation.formatting import pluralize
from textrnn.evaluation.markup import escape_text, html_section, prose
from textrnn.evaluation.origin import AUDIT, SEEDS, place_for


def show_conclusion(found: Conclusion, codes: Collection[str] = ()) -> str:
    """Render the three sentences of the head; each of the `codes` in them is a link to what was found."""
    rows = (("Good", found.good), ("Weak", found.weak), ("Next", found.next))
    inside = "".join(f"<div><dt>{name}</dt><dd>{_linked(escape_text(words), codes)}</dd></div>" for name, words in rows)
    return f'<dl class="conclusion">{inside}</dl>'


def show_findings(data: Mapping[str, Any]) -> str:
    """Render each finding with what was seen, why it matters and what to do; then the checks that passed."""
    items = "\n".join(map(show_finding, data["findings"]))
    listed = f'<ol class="findings">\n{items}\n</ol>' if items else ""
    lines = [
        _names("passed", data["checked"], "Nothing found on these rows alone"),
        _names("skipped", data["checked"], "Cannot be checked on these rows alone"),
    ]
    count = pluralize(len(data["findings"]), "finding") if items else "no finding"
    note = prose(f"{len(CHECKS)} checks, {count}. `textrnn run --fail-on` makes a gate of any of them.")
    return html_section(
        "Checks",
        f'<p class="note">{note}</p>',
        listed,
        place_for(AUDIT),
        place_for(SEEDS),
        *(f'<p class="note">{line}</p>' for line in lines if line),
    )


def show_finding(row: Mapping[str, Any]) -> str:
    """Render one finding, an item of a list."""
    code = row["code"]
    return (
        f'<li class="{row["severity"]}" id="{code}"><h3><span class="code">{code}</span> {row["title"]}</h3>'
        f"<p>{escape_text(row['seen'])}</p>"
        f'<p class="note"><b>Why it matters.</b> {prose(row["why"])}</p>'
        f'<p class="note"><b>What to do.</b> {prose(row["action"])}</p>'
        f'<p class="note">More: <code>{PAGE}#{code.lower()}</code></p></li>'
    )


def _linked(html: str, codes: Collection[str]) -> str:
    """A sentence that is HTML already, with links to `codes`; what stands between backticks is code."""
    html = re.sub("`([^`<]+)`", r"<code>\1</code>", html)
    found = r"\b(" + "|".join(codes) + r")\b"
    return re.sub(found, r'<a href="#\1">\1</a>', html) if codes else html


def _names(status: str, checked: Mapping[str, str], title: str) -> str:
    names: Sequence[str] = [
        f"{check.name.replace('-', ' ')} ({check.code})" for check in CHECKS if checked.get(check.code) == status
    ]
    return f"<b>{title}.</b> {'; '.join(names)}." if names else ""
