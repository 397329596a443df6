"""What runs with other seeds say on the published page of a report, which itself does not know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.seed_spread import CHECK, MAX_RANGE
from textrnn.evaluation.findings import describe_finding
from textrnn.evaluation.headline import headline_of
from textrnn.evaluation.markup import escape_text
from textrnn.evaluation.sections.findings import show_finding


def show_seeds(data: Mapping[str, Any]) -> str:
    """Render how TR011 reads the `seeds` that the `data` of a report hold; "" where they hold none."""
    if not data.get("seeds") or (seen := CHECK.detect(data)) is None:
        return ""
    lead = headline_of(data)
    others = [run for run in data["seeds"] if run["value"] is not None]
    listed = ", ".join(f"{run['value']:.3f} (run {run['run']})" for run in others)
    if seen:
        row = describe_finding(CHECK, f"{seen} The others: {listed}.")
        return f'<ol class="findings">{show_finding(row)}</ol>'
    limit = f"{MAX_RANGE:.0%} of it" if lead.sign < 0 else f"{MAX_RANGE:g}"
    seeds = "1 run with another seed" if len(others) == 1 else f"{len(others)} runs with other seeds"
    here = f"{data['metrics'][lead.name]['value']:.3f}"
    told = f"{seeds} and nothing else changed: {lead.words} {listed}; here {here}. That is less than {limit} apart."
    return f'<p class="note"><b>{CHECK.code} by other runs: nothing found.</b> {escape_text(told)}</p>'
