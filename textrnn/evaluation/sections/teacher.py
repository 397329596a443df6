"""The section on the teacher that labelled texts for the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.formatting import pluralize
from textrnn.evaluation.headline import headline_of
from textrnn.evaluation.markup import escape_text, format_number, html_interval, html_section, html_table


def show_teacher(data: Mapping[str, Any]) -> str:
    """Render what the classifier gives up, or gains, against its teacher."""
    teacher = data.get("teacher")
    if not teacher:
        return ""
    lead, found = headline_of(data), teacher["comparison"]
    rows = [
        [who, format_number(score["value"]), html_interval(score)]
        for who, score in (
            ("Classifier", data["metrics"][lead.name]),
            (f"Teacher: {escape_text(teacher['name'])}", teacher["metrics"][lead.name]),
        )
    ]
    both = f"both predicted the same {data['split']} examples"
    note = (
        f"The teacher labelled texts that the classifier learned from; {both}. The classifier alone is right on "
        f"{pluralize(found['only_first'], 'example')}, its teacher alone on {found['only_second']:,}: "
        f"{escape_text(found['verdict'])}."
    )
    heads = ["", escape_text(lead.words.capitalize()), "95&nbsp;%"]
    return html_section("Against its teacher", f'<p class="note">{note}</p>', html_table(heads, rows))
