"""The section on clusters of errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.formatting import pluralize
from textrnn.evaluation.markup import escape_text, html_section
from textrnn.evaluation.sections.explained import show_pieces

_PARTED = {
    "multi": "Each label that is missing or wrong is an error, so that a text may stand in two clusters.",
    "number": "The fifth of the texts whose numbers are farthest off counts as errors.",
}
_BY_CLASS = "Errors of one cluster have the same label and prediction, or, where few have both, one of the two."
_HOW = (
    "Texts of a cluster share words: they are grouped by TF-IDF vectors, which weigh rare words more. Shown are those "
    "nearest to its middle. Blue words speak for {whom}, orange ones with a dotted line against it."
)


def show_clusters(data: Mapping[str, Any]) -> str:
    """Render each cluster with its size, its words and its explained examples; "" where nothing was explained."""
    found, kind = data.get("clusters"), data["target"]["kind"]
    if not found or not found["errors"]:
        return ""
    title = "Where errors gather"
    if not found["clusters"]:
        few = "No clusters: there are too few errors (under 5 of one kind) to group them."
        return html_section(title, f'<p class="note">{few}</p>')
    whom = {"multi": "the label", "number": "a higher number"}.get(kind, "what was predicted")
    held = sum(cluster["count"] for cluster in found["clusters"])
    all_of = f"{pluralize(held, 'error')} of {found['errors']:,} are in these {len(found['clusters'])}."
    note = f"{_PARTED.get(kind, _BY_CLASS)} {_HOW.format(whom=whom)} {all_of}"
    items = "\n".join(map(_cluster, found["clusters"]))
    return html_section(title, f'<p class="note">{note}</p>', f'<ol class="clusters">\n{items}\n</ol>')


def _cluster(cluster: Mapping[str, Any]) -> str:
    words = ", ".join(map(escape_text, cluster["words"]))
    often = f'<p class="note">More frequent here than in other texts: {words}.</p>' if words else ""
    examples = "\n".join(
        f"<li><p>{_what(example)}{escape_text(example['place'])}</p>{show_pieces(example['explained'])}</li>"
        for example in cluster["examples"]
    )
    return (
        f"<li><h3>{escape_text(cluster['kind'])}: {pluralize(cluster['count'], 'error')}</h3>{often}\n"
        f'<ol class="errors">\n{examples}\n</ol></li>'
    )


def _what(example: Mapping[str, Any]) -> str:
    if example["true"] is None:
        return ""
    return f"<b>{escape_text(example['predicted'])}</b>, but labelled <b>{escape_text(example['true'])}</b> · "
