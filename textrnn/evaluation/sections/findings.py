"""The section on what the checks found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from textrnn.evaluation.checks.all_checks import CHECKS
from textrnn.evaluation.conclusion import Conclusion
from textrnn.evaluation.formatting import pluralize
from textrnn.evaluation.markup import escape_text, html_section


def show_conclusion(found: Conclusion) -> str:
    """Render the three sentences of the head."""
    rows = (("Good", found.good), ("Weak", found.weak), ("Next", found.next))
    inside = "".join(f"<div><dt>{name}</dt><dd>{escape_text(words)}</dd></div>" for name, words in rows)
    return f'<dl class="conclusion">{inside}</dl>'


def show_findings(data: Mapping[str, Any]) -> str:
    """Render each finding with what was seen, why it matters and what to do; then the checks that passed."""
    items = "\n".join(map(_finding, data["findings"]))
    listed = f'<ol class="findings">\n{items}\n</ol>' if items else ""
    lines = [_names("passed", data["checked"], "Nothing found"), _names("skipped", data["checked"], "Not checked here")]
    count = pluralize(len(data["findings"]), "finding") if items else "no finding"
    note = _prose(f"{len(CHECKS)} checks, {count}. `textrnn run --fail-on` makes a gate of any of them.")
    return html_section(
        "Checks", f'<p class="note">{note}</p>', listed, *(f'<p class="note">{line}</p>' for line in lines if line)
    )


def _finding(row: Mapping[str, Any]) -> str:
    return (
        f'<li class="{row["severity"]}"><h3><span class="code">{row["code"]}</span> {row["title"]}</h3>'
        f"<p>{escape_text(row['seen'])}</p>"
        f'<p class="note"><b>Why it matters.</b> {_prose(row["why"])}</p>'
        f'<p class="note"><b>What to do.</b> {_prose(row["action"])}</p></li>'
    )


def _prose(text: str) -> str:
    """A sentence of ours as HTML: what stands between backticks is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def _names(status: str, checked: Mapping[str, str], title: str) -> str:
    names: Sequence[str] = [
        f"{check.name.replace('-', ' ')} ({check.code})" for check in CHECKS if checked.get(check.code) == status
    ]
    return f"<b>{title}.</b> {'; '.join(names)}." if names else ""
