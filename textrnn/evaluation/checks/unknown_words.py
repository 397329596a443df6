"""TR006: many tokens are unknown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn.evaluation.checks.check import Check

MAX_SHARE = 0.05  # of the tokens


def detect(data: Mapping[str, Any]) -> str | None:
    """Whether at least 5 % of the tokens are not in the vocabulary."""
    found = data["diagnosis"].get("unknown_tokens")
    if found is None:
        return None
    if found["share"] < MAX_SHARE:
        return ""
    before = "" if found["train_share"] is None else f", against {found['train_share']:.1%} in training"
    return (
        f"{found['share']:.1%} of the tokens are not in the vocabulary{before}; in {found['texts']:.1%} of the texts "
        "it is more than a fifth."
    )


CHECK = Check(
    code="TR006",
    name="unknown-words",
    title="Many words are unknown",
    severity="medium",
    needs="the token ids of the scored rows",
    why="The network reads an unknown word as [UNK]: what it means is lost. A share above that of training is a sign "
    "of texts of another kind.",
    action='Raise vocabulary.max_size, lower vocabulary.min_count, or read subwords: vocabulary.kind = "bpe". Where '
    "the share is far above that of training, train on texts like these.",
    detect=detect,
)
