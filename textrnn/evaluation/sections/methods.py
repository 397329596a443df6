"""Sections on how the figures were made: data, settings, methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.data.count_empty_cells import describe_empty_cells
from textrnn.data.tabular_checks import describe_tabular
from textrnn.evaluation.formatting import pluralize
from textrnn.evaluation.markup import (
    escape_text,
    format_number,
    html_section,
    html_table,
    settings_list,
)


def show_checks(data: Mapping[str, Any]) -> str:
    """Render the data check."""
    checks = data["checks"]
    rows = []
    for name, about in checks.get("splits", {}).items():
        size = about.get("characters", {})
        cells = [about.get("rows"), about.get("empty"), about.get("duplicates"), size.get("median"), size.get("max")]
        rows.append([escape_text(name), *map(format_number, cells)])
    heads = ["Split", "Rows", "Empty", "Repeated", "Median characters", "Longest"]
    warnings = "".join(f"<li>{escape_text(warning)}</li>" for warning in checks.get("warnings", []))
    if not rows and not warnings:
        return ""
    tabular = "".join(f"<li>{escape_text(line)}</li>" for line in describe_tabular(checks.get("tabular", {})))
    tabular = f'<p class="note">Tabular columns:</p><ul class="plain">{tabular}</ul>' if tabular else ""
    scores = f'<ul class="plain">{warnings}</ul>' if warnings else '<p class="note">Nothing suspicious was found.</p>'
    empty = "".join(f'<p class="note">{escape_text(line)}.</p>' for line in describe_empty_cells(checks))
    return html_section("The data", html_table(heads, rows) if rows else "", empty, tabular, scores)


def show_settings(data: Mapping[str, Any]) -> str:
    """Render the settings by html_section."""
    lists = [
        f"<div><h3>{escape_text(name)}</h3>{settings_list(values)}</div>"
        for name, values in data["settings"].items()
        if isinstance(values, Mapping) and values
    ]
    single = {name: value for name, value in data["settings"].items() if not isinstance(value, Mapping)}
    if single:
        lists.insert(0, f"<div>{settings_list(single)}</div>")
    return html_section("Settings", f'<div class="columns">{"".join(lists)}</div>' if lists else "")


def show_methods(data: Mapping[str, Any]) -> str:
    """Render the methods, with sources."""
    made = data["resamples"]
    drawn = (
        f"Intervals are 95 %: the range of the middle 95 % of the scores of {pluralize(made, 'resample')} of these "
        "examples, with replacement (percentile bootstrap, Efron &amp; Tibshirani 1993); they hold for this one model, "
        "not for a model trained again. "
        "Where no such set differs (all right, say) accuracy has Wilson's interval and other scores none. "
        if made
        else "Scores have no intervals: evaluate.bootstrap was 0. "
    )
    return html_section(
        "How to read this",
        f'<p class="note">{drawn}The calibration error is the expected calibration error with 15 bins of equal width '
        "(Guo et al. 2017); resampling adds to it, so that its interval can lie above it. Bars in the reliability "
        "diagram and in accuracy by length are 95&nbsp;% Wilson intervals (Wilson 1927). The difference in accuracy of "
        "two classifiers on the same examples is judged by McNemar's exact test (McNemar 1947) and the interval that "
        "belongs to it (Clopper &amp; Pearson 1934); that in another score by its paired bootstrap interval. "
        "In texts, a bar (|) stands between the text columns of a row that has several.</p>",
    )
