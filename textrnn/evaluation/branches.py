"""What each branch of a classifier is worth alone, and what the recurrent one adds."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.target import Target
from textrnn.decision.branches import BranchLogits
from textrnn.decision.decision import Decision
from textrnn.decision.idle import describe_idle
from textrnn.evaluation.headline import HEADLINES, right_of
from textrnn.evaluation.measure import Float, describe_pair, measure_scores
from textrnn.metrics.answers import answer, say
from textrnn.metrics.significance import compare


def measure_branches(
    labels: NDArray[Any],
    probabilities: Float,
    logits: BranchLogits,
    decision: Decision,
    config: EvaluateConfig,
    target: Target,
    *,
    split: str = "new",
    epochs: int | None = None,
) -> dict[str, Any]:
    """Each branch's factor and its headline score alone with 95 % interval; `gain`: all of it against the wide one
    alone; `idle`: which branch counts for next to nothing on these rows of the `split`, and why, None where both do.

    Alone, a label of several is said where its logit is above 0. There is no `gain` for numbers: none is exactly right.
    """
    name = HEADLINES[target.kind].name
    factors = {"recurrent": decision.recurrent, "wide": decision.wide}
    parts, chosen = [], {}
    for branch, own in (("recurrent", logits.recurrent), ("wide", logits.wide)):
        said = say(target, own)
        chosen[branch] = answer(target, said)
        scores = measure_scores(labels, said, config, target=target, chosen=chosen[branch])
        parts.append({"name": branch, "factor": factors[branch], name: scores[name]})
    idle = describe_idle(decision, logits, labels, target, rows=f"{split} rows", epochs=epochs)
    if target.kind == "number":
        return {"parts": parts, "gain": None, "idle": idle}
    both = right_of(labels, answer(target, probabilities, decision.thresholds or None))
    found = compare(both, right_of(labels, chosen["wide"]))
    gain = describe_pair(found, "the whole classifier", "its n-gram branch alone")
    return {"parts": parts, "gain": gain, "idle": idle}
