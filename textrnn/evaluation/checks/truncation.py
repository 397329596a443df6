"""TR005: truncation costs accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check
from textrnn.metrics.significance import SIGNIFICANCE_LEVEL


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether the texts that were cut are predicted significantly better when more of them is read."""
    found = data["diagnosis"].get("truncation")
    if found is None:
        return None
    if not found["reread"] or found["p_value"] >= SIGNIFICANCE_LEVEL or found["only_longer"] <= found["only_cut"]:
        return ""
    return (
        f"{found['cut']:,} texts ({found['share']:.1%}) are longer than {found['max_tokens']:,} tokens and were cut. "
        f"Of {found['reread']:,} of them, read up to {found['longer']:,} tokens, {found['only_longer']:,} are better "
        f"predicted and {found['only_cut']:,} worse (p = {found['p_value']:.2g})."
    )


CHECK = Check(
    code="TR005",
    name="truncation",
    title="Truncation costs accuracy",
    severity="medium",
    needs="the classifier itself, and texts longer than train.max_tokens",
    why="What is cut off is not read by the network, and here it holds what decides.",
    action="Raise train.max_tokens, or keep another part of long texts: train.truncation is head, tail or both.",
    detect=detect,
)
