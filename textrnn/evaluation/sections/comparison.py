"""Sections that compare two classifiers on the same examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.formatting import format_p_value, pluralize
from textrnn.evaluation.headline import SCORES, Headline, headline_of
from textrnn.evaluation.markup import (
    escape_text,
    format_number,
    html_interval,
    html_section,
    html_table,
)

_ADDED = (
    "Each branch gives every class a number (a logit: the higher, the likelier). Both branches' numbers are added, "
)
_ADDED += "each times the weight of its branch, which is found on validation"
_JOINED_CLASSES = f"{_ADDED}, and scaled to probabilities that sum to 1 (softmax)."
_JOINED = {
    "multi": f"{_ADDED}, and scaled to a probability for each label by itself (sigmoid).",
    "number": "Each branch gives a number. Both are added, each times the weight of its branch, found on validation.",
}


def show_comparison(data: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Render the comparison with the baseline and the paired test."""
    baseline, found = data["baseline"], data["comparison"]
    if not baseline or not found:
        return ""
    rows = []
    for name, shown in names.items():
        if name in data["metrics"]:
            ours, theirs = data["metrics"][name], baseline["metrics"][name]
            rows.append(
                [
                    shown,
                    format_number(ours["value"]),
                    html_interval(ours),
                    format_number(theirs["value"]),
                    html_interval(theirs),
                ]
            )
    lead = headline_of(data)
    heads = ["Score", "Classifier", "95&nbsp;%", "Baseline", "95&nbsp;%"]
    return html_section("Against the baseline", f'<p class="note">{_paired(lead, found)}</p>', html_table(heads, rows))


def _paired(lead: Headline, found: Mapping[str, Any]) -> str:
    """Describe the paired comparison and its test."""
    closer = "closer" if lead.name == "mean_absolute_error" else "right"
    alone = (
        f"The classifier alone is {closer} on {pluralize(found['only_classifier'], 'example')}, the baseline alone "
        f"on {found['only_baseline']:,}. "
    )
    better = "" if lead.sign > 0 else ", by which the classifier's is the smaller,"
    ends = f", 95&nbsp;% {html_interval(found)}" if html_interval(found) else ""
    gain = f"Difference in {lead.words}{better} {found['difference']:+.3f}{ends}. "
    if found["p_value"] is None:
        return f"{alone}{gain}A winner is named where the interval, drawn from the same examples for both, excludes 0."
    chance = format_p_value(found["p_value"]).removeprefix("p ").removeprefix("= ")
    return (
        f"{alone}{gain}If both were equally good, chance would part the examples that one alone gets right at least "
        f"this unevenly with probability {chance} (McNemar's test). A winner is named where that is below 0.05, which "
        f"is where the interval excludes 0.{_one_sided(found['only_classifier'], found['only_baseline'])}"
    )


def _one_sided(first: int, second: int) -> str:
    """Explain an interval that ends at the difference itself."""
    if (first == 0) == (second == 0):
        return ""
    return (
        " Every example that only one of the two gets right is right for the same one: no larger difference is "
        "possible with so many, so the interval ends at the difference itself."
    )


def show_branches(data: Mapping[str, Any]) -> str:
    """Render the scores of each branch alone."""
    if not (branches := data["branches"]):
        return ""
    more = ", and the tabular columns" if data["tabular"] else ""
    about = {
        "recurrent": f"Recurrent network: reads the text in order{more}",
        "ngram_branch": f"N-gram branch: a linear model on words and short phrases{more}",
    }
    lead = headline_of(data)
    rows = [
        [
            about[part["name"]],
            format_number(part["factor"]),
            format_number(part[lead.name]["value"]),
            html_interval(part[lead.name]),
        ]
        for part in branches["parts"]
    ]
    both = data["metrics"][lead.name]
    rows.append(["Both together", "", format_number(both["value"]), html_interval(both)])
    paired = ""
    if gain := branches["gain"]:
        paired = f" Compared with the better one alone, on the same examples: {escape_text(gain['verdict'])}."
        paired += "" if gain["p_value"] is None else _one_sided(gain["only_first"], gain["only_second"])
    note = f"{_JOINED.get(data['target']['kind'], _JOINED_CLASSES)}{paired}"
    idle = branches.get("idle")
    scores = f'<p class="warning">{escape_text(idle[:1].upper() + idle[1:])}.</p>' if idle else ""
    heads = ["Branch", "Weight", f"{SCORES[lead.name]} alone", "95&nbsp;%"]
    return html_section("The two branches", f'<p class="note">{note}</p>', scores, html_table(heads, rows))
