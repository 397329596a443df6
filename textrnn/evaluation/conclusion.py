"""The three sentences at the head of a report: what is good, what is weak, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textrnn.evaluation.headline import headline_of

_SCORES = {
    "accuracy": "The classifier is right on {value:.1%} of {examples:,} {rows}",
    "macro_f1": "The classifier reaches a macro F1 of {value:.3f} on {examples:,} {rows}",
    "mean_absolute_error": "The predictions are {value:.3g} off on average, on {examples:,} {rows}",
}


@dataclass(frozen=True)
class Conclusion:
    """What is `good`, what is `weak`, and what to do `next`, in a sentence each."""

    good: str
    weak: str
    next: str


def conclude(data: Mapping[str, Any]) -> Conclusion:
    """Return the conclusion from the `data` of a report; the most severe finding decides what to do."""
    findings = data["findings"]
    return Conclusion(_good(data), _weak(findings), _next(data, findings))


def _good(data: Mapping[str, Any]) -> str:
    lead = headline_of(data)
    value = data["metrics"][lead.name]["value"]
    rows = "new examples" if data["split"] == "new" else f"{data['split']} examples"
    if value is None:
        return f"{data['examples']:,} {rows} were scored."
    sentence = _SCORES[lead.name].format(value=value, examples=data["examples"], rows=rows)
    found = data["comparison"]
    if found and found["winner"] == "classifier":
        points = f"{100 * abs(found['difference']):.1f} points"
        gain = points if lead.name == "accuracy" else f"{abs(found['difference']):.3g}"
        return f"{sentence}, {gain} better than a linear model of the same texts."
    best = max(data["classes"], key=lambda row: (row["f1"] or 0.0, row["support"]), default=None)
    if best is not None and best["f1"]:
        return f"{sentence}; it knows {best['name']!r} best (F1 {best['f1']:.2f})."
    return f"{sentence}."


def _weak(findings: list[Mapping[str, Any]]) -> str:
    if not findings:
        return "No check found a weakness."
    others = [finding["code"] for finding in findings[1:]]
    more = f" (also {', '.join(others)})" if others else ""
    return f"{findings[0]['title']} ({findings[0]['code']}): {findings[0]['seen'].removesuffix('.')}{more}."


def _next(data: Mapping[str, Any], findings: list[Mapping[str, Any]]) -> str:
    if findings:
        return str(findings[0]["action"].split(". ")[0].removesuffix(".")) + "."
    weakest = min(data["classes"], key=lambda row: (row["f1"] or 0.0, -row["support"]), default=None)
    if weakest is not None and (weakest["f1"] or 0.0) < 1:
        return f"Look at the errors of {weakest['name']!r}, the class with the lowest F1 ({weakest['f1'] or 0:.2f})."
    return "Look at the largest errors below, then use the model."
