"""The page of an audit: plain HTML in the look of the report, without a script or any other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from textrnn.auditing.audit import Audit, AuditRow, Kind
from textrnn.data.label_text import label_text
from textrnn.evaluation.formatting import clean_text, pluralize
from textrnn.evaluation.markup import escape_text, format_number, html_section, html_table, name_text, scrollable
from textrnn.evaluation.style import STYLE
from textrnn.explanation.document import make_document

MAX_ROWS = 50  # rows of a kind; all of them are in the CSV file
MAX_TEXT_LENGTH = 400  # characters of a text

# how each kind of row is headed, and what it means
_KINDS: Mapping[Kind, tuple[str, str]] = {
    "label": (
        "Suspicious labels",
        "Linear models that have seen neither the row nor a near-duplicate of it predict another label. Score: how "
        "likely the label is wrong, by the models.",
    ),
    "conflict": (
        "Near-duplicates with different labels",
        "Nearly the same words, another label: no model can predict both. One of them is wrong, or the guideline for "
        "labels is unclear.",
    ),
    "leak": (
        "Near-duplicates across splits",
        "Training sees nearly the same text, so that the score on such a row is too high. Drop one of them.",
    ),
    "outlier": (
        "Texts unlike all others",
        "Their words are much rarer here than those of other texts, as each reason says in figures: another language, "
        "keyboard mash, a wrong column, or a subject that few rows have.",
    ),
    "empty": ("Texts without a visible character", "There is nothing to learn from."),
}


def write_audit_page(audit: Audit, name: str, separator: str | None = None) -> str:
    """Render `audit` of the run `name`; several labels of a text are parted by `separator`."""
    about = audit.summary
    title = f"{pluralize(about['labels']['suspicious'], 'suspicious label')} in {pluralize(about['rows'], 'row')}"
    parts = [
        f'<header>\n<p class="eyebrow">Audit of labelled rows · {escape_text(name)}</p>\n<h1>{title}</h1>\n'
        f"{_lead(about)}\n</header>",
        *(_rows_of(audit, kind, separator) for kind in _KINDS),
        _overlaps(about["overlaps"]),
        _words(about["telling_words"]),
        _next(name),
    ]
    body = "\n".join(part for part in parts if part)
    return make_document(title, STYLE, body)


def _lead(about: Mapping[str, Any]) -> str:
    score, near = about["out_of_fold"], about["near_duplicates"]
    leaked = sum(near["across_splits"].values())
    sentences = [
        f"Linear models, each on rows that it has not seen, reach {escape(score['score'])} "
        f"{format_number(score['value'])}.",
        f"{pluralize(near['conflicting'], 'row')} {_has(near['conflicting'])} a different label from a near-duplicate, "
        f"{pluralize(leaked, 'row')} of validation and test {_has(leaked)} a near-duplicate in an earlier split.",
    ]
    if unjudged := about["labels"]["not_judged"]:
        sentences.append(f"{pluralize(unjudged, 'row')} could not be checked: their classes have too few rows.")
    return f"<p>{' '.join(sentences)}</p>"


def _has(rows: int) -> str:
    return "has" if rows == 1 else "have"


def _rows_of(audit: Audit, kind: Kind, separator: str | None) -> str:
    rows = [row for row in audit.rows if row.kinds[0] == kind]
    if not rows:
        return ""
    title, meaning = _KINDS[kind]
    more = f" The first {MAX_ROWS} of {len(rows):,}." if len(rows) > MAX_ROWS else ""
    items = "\n".join(_item(row, separator) for row in rows[:MAX_ROWS])
    return html_section(
        f"{title} ({len(rows):,})", f'<p class="note">{meaning}{more}</p>', f'<ol class="errors">\n{items}\n</ol>'
    )


def _item(row: AuditRow, separator: str | None) -> str:
    label = f"labelled <b>{escape_text(label_text(row.label, separator) or '(none)')}</b>"
    if row.suggested is not None:
        label += f", suggested <b>{escape_text(label_text(row.suggested, separator))}</b>"
    identifier = f", id {escape_text(row.id)}" if row.id else ""
    shown = escape_text(clean_text(row.text, MAX_TEXT_LENGTH)) if row.text.strip() else "(no text)"
    reasons = "; ".join(map(escape_text, row.reasons))
    return (
        f"<li><p>{label} · score {format_number(row.score, 2)} · row {row.row} ({row.split}{identifier}) · "
        f"{reasons}</p>"
        f'<blockquote dir="auto">{shown}</blockquote></li>'
    )


def _overlaps(pairs: Sequence[Mapping[str, Any]]) -> str:
    if not pairs:
        return ""
    note = (
        '<p class="note">Rows of one class that the models take for the other. Such classes may be one, or need a '
        "clearer guideline.</p>"
    )
    rows = [
        [
            name_text(pair["classes"][0]),
            name_text(pair["classes"][1]),
            format_number(pair["confused"]),
            f"{pair['share']:.0%}",
        ]
        for pair in pairs
    ]
    heads = ["Class", "and class", "Rows taken for the other", "Share"]
    return html_section("Classes that look alike", note, scrollable(html_table(heads, rows, texts=2), len(rows)))


def _words(words: Sequence[Mapping[str, Any]]) -> str:
    if not words:
        return ""
    note = (
        '<p class="note">Whoever knows whether a text has the word knows its class. Where new texts will not have it '
        "(a signature, a template, a field that is filled in afterwards), scores are too high: remove it.</p>"
    )
    rows = [
        [name_text(word["word"]), name_text(word["class"]), *(format_number(word[f"rows_{of}"]) for of in _COUNTS)]
        for word in words
    ]
    heads = ["Word", "Class", "Rows with it", "Rows of the class", "Both"]
    return html_section(
        "Words that nearly equal a class", note, scrollable(html_table(heads, rows, texts=2), len(rows))
    )


_COUNTS = ("with_word", "of_class", "with_both")


def _next(name: str) -> str:
    steps = (
        "Open <code>audit.csv</code>, which stands next to this page, in a spreadsheet. Where a label is wrong, write "
        "the right one into <code>right_label</code>; where a row should go, put an x under <code>drop</code>. Then: "
        f"<code>textrnn audit --apply runs/{escape_text(name)}/audit.csv</code>, and <code>textrnn run</code>."
    )
    return html_section("What to do", f"<p>{steps}</p>")
