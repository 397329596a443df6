"""What the last audit says on the published page of a report, which itself does not know of it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from textrnn.evaluation.checks.label_errors import CHECK
from textrnn.evaluation.markup import escape_text, prose


def show_audit(data: Mapping[str, Any]) -> str:
    """Render how TR013 reads the audit that the `data` of a report hold, or why it cannot; "" where they hold none."""
    audit = data.get("audit")
    if not audit:
        return ""
    title = f'<h3><span class="code">{CHECK.code}</span> {escape(CHECK.title)}, by the audit</h3>'
    if "rows" not in audit:
        return f'<p class="note"><b>{CHECK.code} without an audit.</b> {prose(audit["reason"])}</p>'
    if not (seen := CHECK.detect(data)):
        few = f"{audit['suspicious']:,} of {audit['rows']:,} labels look wrong: too few to matter."
        return (
            f'<p class="note"><b>{CHECK.code} by the audit: nothing found.</b> {few} {escape_text(audit["told"])}</p>'
        )
    return (
        f'<ol class="findings"><li class="{CHECK.severity}">{title}<p>{escape_text(seen)}</p>'
        f'<p class="note">{escape_text(audit["told"])} More: <code>{CHECK.page}</code></p></li></ol>'
    )
