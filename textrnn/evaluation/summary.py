"""A report as lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.decision.branch_names import BRANCHES
from textrnn.evaluation.checks.check import PAGE
from textrnn.evaluation.headline import headline_of


def summarise(data: Mapping[str, Any]) -> list[str]:
    """Summarise a report's `data`: scores with 95 % intervals, and the verdict against the baseline."""
    count, split = data["examples"], data["split"]
    where = f"{count:,} new examples" if split == "new" else f"{count:,} examples of the {split} split"
    if folds := data.get("folds"):
        where = f"all {count:,} examples, each predicted by a model trained on the other folds ({len(folds)} folds)"
    lines = [f"on {where}:"]
    baseline = (data["baseline"] or {}).get("metrics", {})
    width = max(18, *(len(name) + 1 for name in data["metrics"]))
    for name, score in data["metrics"].items():
        line = f"  {name.replace('_', ' '):<{width}}{_interval(score)}"
        if name in baseline:
            line = f"{line:<{width + 30}}baseline {_interval(baseline[name])}"
        lines.append(line)
    if name := (data["baseline"] or {}).get("name"):
        lines.append(f"the baseline is {name}")
    if data["comparison"]:
        lines.append(data["comparison"]["verdict"])
    if teacher := data.get("teacher"):
        score, told = teacher["metrics"][headline_of(data).name], teacher["comparison"]["verdict"]
        lines.append(f"its teacher, {teacher['name']}, has {_interval(score)}: {told}")
    if data["branches"]:
        headline = headline_of(data)
        alone = ", ".join(
            f"{BRANCHES[part['name']]} {part[headline.name]['value']:.4f}" for part in data["branches"]["parts"]
        )
        lines.append(f"{headline.words} of each branch alone: {alone}")
        if gain := data["branches"]["gain"]:
            lines.append(gain["verdict"])
        if idle := data["branches"].get("idle"):
            lines.append(f"warning: {idle}")
    if data["tabular"]:
        losses = ", ".join(f"{part['name']} {part['loss']:.4f}" for part in data["tabular"])
        lines.append(f"{headline_of(data).words} lost where a column is shuffled (permutation importance): {losses}")
    if rejection := data["rejection"]:
        said = _interval(rejection["accuracy"])
        lines.append(f"rejected {rejection['rejected']:,} of {count:,} predictions; accuracy of the others {said}")
    for finding in data.get("findings", ()):
        lines.append(f"{finding['code']} {finding['title']}: {finding['seen']}")
    if data.get("findings"):
        lines.append(f"what each code means: {PAGE}")
    return lines


def _interval(score: Mapping[str, Any]) -> str:
    if score["value"] is None:
        return "not defined"
    ends = "" if score["low"] is None else f" (95 % {score['low']:.3f}..{score['high']:.3f})"
    return f"{score['value']:.4f}{ends}"
