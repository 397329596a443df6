"""The section on what calibration did to the calibration error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.markup import format_number, html_figure, html_interval, html_section, html_table

_MEANING = (
    "A probability should mean what it says: of predictions with a probability of 0.8, 8 in 10 should be right. The "
    "calibration error is how far the two lie apart on average: 0 is perfect, 0.05 says by 5 points."
)
_COUNTED = {
    "multi": "Each pair of a text and a label counts, with the probability that the label is there, or that it is not.",
}
_TOP_LABEL = "Of each text the most probable class counts."
_BEFORE = (
    "Before: both branches with equal weights, their outputs as they are. After: what this model predicts with, the "
    "weights fitted on validation"
)
_METHODS = {"temperature": "", "vector": ", a scale and an offset for each class among them"}
_CAPTION = (
    "<b>Reliability.</b> On the dashed line a confidence of 0.8 is right 8 times in 10; below it predictions are "
    "overconfident. Vertical lines: 95&nbsp;% intervals. Bars below: how many predictions."
)


def show_reliability(data: Mapping[str, Any], pictures: Mapping[str, str] | None) -> str:
    """Render the calibration error before and after with intervals, and the diagram; "" of numbers."""
    found = data["calibration"]
    if not found:
        return ""
    counted = _COUNTED.get(data["target"]["kind"], _TOP_LABEL)
    before, fitted = found.get("before"), found.get("fitted")
    explained = f" {_BEFORE}{_METHODS.get((fitted or {}).get('method', ''), '')}." if before else ""
    rows = [[f"{data['split']}, this report", format_number(data["examples"]), _error(before), _error(found)]]
    if fitted:
        ends = [_error({**fitted[name], "expected_error": fitted[name]["value"]}) for name in ("before", "after")]
        rows.append(["validation, each fifth by a fit on the others", format_number(fitted["rows"]), *ends])
    heads = ["Rows of", "Rows", "Error before", "Error after"]
    if not before:
        rows, heads = [[*row[:2], *row[3:]] for row in rows], [*heads[:2], "Calibration error"]
    return html_section(
        "Reliability of probabilities",
        f'<p class="note">{_MEANING} {counted}{explained}</p>',
        html_table(heads, rows),
        html_figure(_CAPTION, (pictures or {}).get("reliability", "")),
    )


def _error(found: Mapping[str, Any] | None) -> str:
    """A calibration error with its interval below."""
    if not found:
        return ""
    ends = html_interval(found)
    below = f'<br><span class="ends">{ends}</span>' if ends else ""
    return f"{format_number(found['expected_error'])}{below}"
