"""The section on the way to the same report: what it was made from, by which command, what comes out equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textrnn.evaluation.markup import escape_text, html_section, settings_list


@dataclass(frozen=True)
class Reproduction:
    """What a report was made from: the exact `command`, the `files` that it reads with what identifies each (SHA-256 or
    a version), the `settings` that differ from the defaults (None: the command has none), what it was `made_with`, by
    name, and what comes out `equal` where, in sentences.
    """

    command: str
    files: Sequence[tuple[str, str]]
    settings: Mapping[str, Any] | None
    made_with: Mapping[str, str]
    equal: Sequence[str]


def show_reproduction(found: Reproduction) -> str:
    """Render the command, the files, the settings, and what is equal where."""
    files = "".join(
        f"<dt>{escape_text(name)}</dt><dd><code>{escape_text(told)}</code></dd>" for name, told in found.files
    )
    settings = ""
    if found.settings is not None:
        none = '<p class="note">None: all are the defaults.</p>'
        listed = settings_list(found.settings) if found.settings else none
        settings = f"<div><h3>Settings that differ from the defaults</h3>{listed}</div>"
    equal = "".join(f"<li>{escape_text(line)}</li>" for line in found.equal)
    return html_section(
        "How to reproduce this",
        '<p class="note">In a folder with the files below, under the same names:</p>'
        f'<pre class="command"><code>{escape_text(found.command)}</code></pre>',
        f'<h3>Files</h3><dl class="settings digests">{files}</dl>',
        f'<div class="columns">{settings}<div><h3>Made with</h3>{settings_list(found.made_with)}</div></div>',
        f'<h3>What comes out equal</h3><ul class="plain">{equal}</ul>',
    )
