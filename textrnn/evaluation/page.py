"""The report as one page: plain HTML, without a script or any other file."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from textrnn.data.fix_words import warn_of_suggested
from textrnn.decision.branch_names import BRANCHES
from textrnn.evaluation.baseline_summary import UNNAMED_BASELINE
from textrnn.evaluation.conclusion import conclude
from textrnn.evaluation.formatting import pluralize
from textrnn.evaluation.headline import MEANINGS, SCORES, headline_of, shown_scores
from textrnn.evaluation.markup import escape_text, format_number, html_figure, html_interval, html_section
from textrnn.evaluation.origin import PLACEHOLDER, REPRODUCTION, place_for
from textrnn.evaluation.plots import MAX_HEATMAP_CLASSES, MAX_MATRIX_CLASSES
from textrnn.evaluation.sections.baseline import show_baseline
from textrnn.evaluation.sections.classes import show_classes
from textrnn.evaluation.sections.clusters import show_clusters
from textrnn.evaluation.sections.comparison import show_branches, show_comparison
from textrnn.evaluation.sections.explained import show_explained
from textrnn.evaluation.sections.findings import show_conclusion, show_findings
from textrnn.evaluation.sections.folds import show_folds
from textrnn.evaluation.sections.methods import show_checks, show_methods, show_settings
from textrnn.evaluation.sections.predictions import show_errors, show_rejection
from textrnn.evaluation.sections.reliability import show_reliability
from textrnn.evaluation.sections.slices import show_slices
from textrnn.evaluation.sections.tabular import show_tabular
from textrnn.evaluation.sections.teacher import show_teacher
from textrnn.evaluation.style import STYLE
from textrnn.explanation.document import make_document

LENGTH_TITLES = ("Accuracy by length.", "Share exactly right by length.")
NO_PLOTS = "Plots need matplotlib: <code>pip install 'textrnn[plots]'</code>, then build the report again."


def write_page(data: Mapping[str, Any], pictures: Mapping[str, str] | None) -> str:
    """Render the report's `data` with `pictures` (SVG elements by name; None: matplotlib is not installed)."""
    lead = headline_of(data)
    title = f"{SCORES[lead.name]} {format_number(data['metrics'][lead.name]['value'])} on {_examples(data)}"
    parts = [
        _header(data),
        show_findings(data),
        show_comparison(data, shown_scores(data)),
        show_teacher(data),
        show_folds(data),
        show_branches(data),
        show_tabular(data),
        show_rejection(data),
        html_section("In pictures", _figures(data, pictures)),
        show_reliability(data, pictures),
        show_classes(data),
        show_slices(data),
        show_clusters(data),
        show_errors(data),
        show_explained(data),
        show_baseline(data),
        show_checks(data),
        show_settings(data),
        place_for(REPRODUCTION),
        show_methods(data),
    ]
    body = "\n".join(part for part in parts if part)
    return make_document(title, STYLE, body)


def _examples(data: Mapping[str, Any]) -> str:
    return escape(pluralize(data["examples"], f"{data['split']} example"))


def _header(data: Mapping[str, Any]) -> str:
    comparison = data["comparison"]
    lead = headline_of(data)
    value = data["metrics"][lead.name]["value"]
    classes = pluralize(len(data["classes"]), "class") if data["classes"] else "a number"
    heading = f"{SCORES[lead.name]} {format_number(value)} on {_examples(data)}"
    if lead.name == "accuracy":
        heading = f"{value:.1%} of {_examples(data)} classified correctly"
    html = ""
    if comparison:
        sentence = comparison["verdict"][:1].upper() + comparison["verdict"][1:] + "."
        html = f'<p class="verdict {comparison["winner"] or "none"}">{escape_text(sentence)} {_rival(data)}</p>'
    caveat = ""
    if data["split"] == "validation":
        caveat = (
            '<p class="warning">There is no test split. These are scores on the validation split, which also chose '
            "the model: they are optimistic.</p>"
        )
    if folds := data.get("folds"):
        caveat = (
            f'<p class="note">{len(folds)} folds: each example was predicted by a model that learned from the other '
            "folds. The model that was kept learned from all of them.</p>"
        )
    for warning in warn_of_suggested(data["checks"].get("fixes", {})):
        caveat += f'<p class="warning">{escape(warning)}.</p>'
    codes = [finding["code"] for finding in data["findings"]]
    task = "classification" if data["classes"] else "regression"
    eyebrow = f'<p class="eyebrow">Text {task} report · {classes}</p>\n{PLACEHOLDER}'
    return (
        f"<header>\n{eyebrow}\n<h1>{heading}</h1>\n{html}{caveat}\n{show_conclusion(conclude(data), codes)}"
        f'\n<dl class="scores">\n{_score_cards(data)}\n</dl>\n</header>'
    )


def _rival(data: Mapping[str, Any]) -> str:
    """Describe the baseline that the verdict compares with."""
    lead = headline_of(data)
    reached = format_number(data["baseline"]["metrics"][lead.name]["value"])
    name = escape_text(data["baseline"].get("name", UNNAMED_BASELINE))
    known = f"The baseline, a simpler model of the same texts, is {name}; its {lead.words} is {reached}."
    return f'<span class="aside">{known}</span>'


def _score_cards(data: Mapping[str, Any]) -> str:
    cards = []
    for name, shown in shown_scores(data).items():
        score = data["metrics"][name]
        ends = html_interval(score)
        below = f"95&nbsp;% {ends}" if ends else ""
        cards.append(_card(shown, format_number(score["value"]), below, MEANINGS.get(name, "")))
    return "\n".join(cards)


def _card(name: str, value: str, below: str, meaning: str) -> str:
    html = f'<dd class="meaning">{meaning}</dd>' if meaning else ""
    return f'<div><dt>{name}</dt><dd class="value">{value}</dd><dd class="interval">{below}</dd>{html}</div>'


def _figures(data: Mapping[str, Any], pictures: Mapping[str, str] | None) -> str:
    if pictures is None:
        return f'<p class="note">{NO_PLOTS}</p>'
    captions = {
        "curves": f"<b>Learning curves{_whose(data)}.</b> Loss is what training lowers. On training texts it is "
        "measured while parts of the network are switched off at random (dropout), on validation with all of it.",
        "confusion": _caption_of_confusion(len(data["classes"])),
        "precision_recall": "<b>Precision by recall.</b> Along a line the threshold falls: more texts of the class are "
        "found, and more of what is found is wrong. The point is where predictions are made.",
        "points": "<b>Predicted against true.</b> On the dashed line they are equal.",
        "lengths": f"<b>{LENGTH_TITLES[not data['confusion']]}</b> Bins hold about as many texts each; "
        "dashed: all texts.",
    }
    figures = [html_figure(caption, pictures[name]) for name, caption in captions.items() if name in pictures]
    return '<div class="figures">\n{}\n</div>'.format("\n".join(figures)) if figures else ""


def _whose(data: Mapping[str, Any]) -> str:
    return f" of the {BRANCHES['recurrent']}" if data["branches"] else ""


def _caption_of_confusion(classes: int) -> str:
    if classes > MAX_HEATMAP_CLASSES:
        return "<b>Confusion.</b> The pairs of classes mixed up most often; the table below has more of them."
    counts = "Counts; the" if classes <= MAX_MATRIX_CLASSES else "The"
    return f"<b>Confusion.</b> {counts} shade is the share of the true class."
