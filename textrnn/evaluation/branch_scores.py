"""Scores of each branch alone, with the gain of their combination."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.branch_names import BRANCHES
from textrnn.decision.decision import Decision, choose
from textrnn.decision.negligible_branch import describe_negligible_branch
from textrnn.evaluation.headline import HEADLINES, is_correct
from textrnn.evaluation.measure import Float, describe_pair, measure_scores
from textrnn.evaluation.multilabel_measures import compare_labels
from textrnn.metrics.predictions import predict_from_scores, scores_of_logits
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
    predictions: NDArray[Any] | None = None,
) -> dict[str, Any]:
    """Return the weight of each branch and its headline score alone, with 95 % interval.

    `gain` compares both with the better one alone, the `branch`, by the headline score on these rows; `idle` describes
    a branch with a negligible weight on these rows of the `split`, or is None. A single branch predicts a label of a
    multi-label target if its logit is above 0. Numbers have no `gain`. `predictions` (N) are those of both branches,
    None: as the `decision` chooses.
    """
    name = HEADLINES[target.kind].name
    factors = {"recurrent": decision.recurrent, "ngram_branch": decision.ngram_branch}
    parts, alone, reached = [], {}, {}
    for branch, own in (("recurrent", logits.recurrent), ("ngram_branch", logits.ngram_branch)):
        branch_probabilities = scores_of_logits(target, own)
        alone[branch] = branch_probabilities, predict_from_scores(target, branch_probabilities)
        scores = measure_scores(labels, branch_probabilities, config, target=target, predictions=alone[branch][1])
        reached[branch] = scores[name]["value"] or 0.0
        parts.append({"name": branch, "factor": factors[branch], name: scores[name]})
    idle = describe_negligible_branch(decision, logits, labels, target, rows=f"{split} rows", epochs=epochs)
    if target.kind == "number":
        return {"parts": parts, "gain": None, "idle": idle}
    better = max(("ngram_branch", "recurrent"), key=reached.__getitem__)
    whole = probabilities, choose(decision, probabilities) if predictions is None else predictions
    gain = _compare(labels, whole, alone[better], config, target, f"its {BRANCHES[better]} alone")
    return {"parts": parts, "gain": {"branch": better, **gain}, "idle": idle}


def _compare(
    labels: NDArray[Any],
    whole: tuple[Float, NDArray[Any]],
    branch: tuple[Float, NDArray[Any]],
    config: EvaluateConfig,
    target: Target,
    called: str,
) -> dict[str, Any]:
    """Compare (probabilities, predictions) of both branches and of one by the headline score; see `describe_pair`."""
    pair = "the whole classifier", called
    if target.kind != "multi":
        return describe_pair(compare(is_correct(labels, whole[1]), is_correct(labels, branch[1])), *pair)
    found = compare_labels(labels > 0, whole, branch, config, pair)
    only = {"only_first": found.pop("only_classifier"), "only_second": found.pop("only_baseline")}
    winner = found["winner"] and {"classifier": "first", "baseline": "second"}[found["winner"]]
    return {**found, **only, "winner": winner}
