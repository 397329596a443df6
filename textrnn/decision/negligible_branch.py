"""A warning about a branch with a negligible weight."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.branch_names import BRANCHES
from textrnn.decision.decision import Decision
from textrnn.metrics.predictions import scores_of_logits
from textrnn.metrics.validation_score import SCORE_NAMES, validation_score

MIN_BRANCH_SHARE = 0.03  # share of the variation of the combined logits: below, a branch changes hardly any prediction
LEARNED_SHARE = 0.1  # share of the way from chance to perfect: below, a branch has hardly learned

Float = NDArray[np.float64]


def describe_negligible_branch(
    decision: Decision,
    logits: BranchLogits,
    labels: NDArray[Any],
    target: Target,
    *,
    rows: str,
    epochs: int | None = None,
) -> str | None:
    """Describe a branch with a negligible weight on N texts with these `logits` and `labels`; None if there is none.

    The contribution of a branch is the root mean square variation of its weighted logits from text to text, as a share
    of both branches; below 0.03 it is negligible. In the message `rows` names the texts; `epochs` is the length of the
    training.
    """
    factors = {"recurrent": decision.recurrent, "ngram_branch": decision.ngram_branch}
    said = {"recurrent": logits.recurrent, "ngram_branch": logits.ngram_branch}
    moved = {name: factors[name] * _spread(own, target) for name, own in said.items()}
    idle = min(moved, key=moved.__getitem__)
    other = max(moved, key=moved.__getitem__)
    if not len(labels) or not moved[other] > 0 or moved[idle] >= MIN_BRANCH_SHARE * sum(moved.values()):
        return None
    scores = {name: validation_score(target, labels, scores_of_logits(target, own))[0] for name, own in said.items()}
    blind = validation_score(
        target, labels, scores_of_logits(target, np.tile(_blind(labels, target), (len(labels), 1)))
    )[0]
    name = SCORE_NAMES[target.kind][0]
    about = (
        f"the {BRANCHES[idle]} has a negligible weight ({factors[idle]:.3g}, "
        f"{moved[idle] / sum(moved.values()):.1%} of the variation of the logits): on {len(labels):,} {rows} "
        f"its {name} alone is {scores[idle]:.3f}"
    )
    if scores[idle] - blind < LEARNED_SHARE * (1 - blind):
        trained = (
            f" in {epochs} epoch{'s' if epochs > 1 else ''}; more may help" if epochs and idle == "recurrent" else ""
        )
        return f"{about}, where a constant prediction has {blind:.3f}: it has hardly learned{trained}"
    return f"{about}, and it adds nothing to the {BRANCHES[other]}, whose {name} is {scores[other]:.3f}"


def _spread(logits: Float, target: Target) -> float:
    """Return the variation of logits (N, C) from text to text, up to constants that do not change the softmax."""
    if not len(logits):
        return 0.0
    own = logits - logits.mean(axis=1, keepdims=True) if target.exclusive else logits
    return float(np.sqrt(np.square(own - own.mean(axis=0)).mean()))


def _blind(labels: NDArray[Any], target: Target) -> Float:
    """Return the best constant logits (C,)."""
    if target.kind == "number":
        return np.array([(float(np.mean(labels)) - target.centre) / target.scale])
    if target.kind == "multi":
        share = np.clip(np.asarray(labels > 0, np.float64).mean(axis=0), 1e-9, 1 - 1e-9)
        logits: Float = np.log(share / (1 - share))
        return logits
    counts: NDArray[np.int64] = np.bincount(labels, minlength=target.outputs)
    return np.asarray(np.log(counts + 1e-9))
