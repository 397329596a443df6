"""TR014: the recurrent branch adds nothing to the n-gram branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.decision.branch_names import BRANCHES
from textrnn.evaluation.checks.check import Check


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether the whole classifier is not significantly better than its n-gram branch alone, or the weight of the
    recurrent branch is negligible.
    """
    branches = data["branches"]
    if not branches:
        return None
    if (idle := branches.get("idle")) and idle.startswith(f"the {BRANCHES['recurrent']}"):
        return f"{idle[:1].upper()}{idle[1:]}."
    gain = branches["gain"]
    if not gain or gain.get("branch") != "ngram_branch" or gain.get("winner") == "first":
        return ""
    return f"{gain['verdict'][:1].upper()}{gain['verdict'][1:]}."


CHECK = Check(
    code="TR014",
    name="idle-recurrent-branch",
    title="The recurrent branch adds nothing",
    severity="low",
    needs="two branches",
    why="The network is most of the model's size and of the time to train it, and predictions are as good without it.",
    action="Train it longer, pretrain it on unlabelled texts (unlabelled.source), or lower its dropout. Where word "
    "order does not matter for the task, `textrnn export --small` or the baseline serves as well.",
    detect=detect,
)
