"""`Decision`: from the logits of the branches to scores or rejection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind
from textrnn.decision.branch_logits import BranchLogits
from textrnn.errors import ModelError
from textrnn.metrics.losses import sigmoid
from textrnn.metrics.softmax import softmax
from textrnn.storage.files import write_bytes

FILE = "decision.json"
OR_NONE = " or none"
MAX_WEIGHT, MAX_SCALED = 1e6, 1e18  # of a branch weight; that of a number is in the units of the labels
Rule = Literal["argmax", "median", "thresholds", "value"]
RULES: Mapping[TargetKind, Rule] = {
    "single": "argmax",
    "ordinal": "median",
    "path": "argmax",
    "multi": "thresholds",
    "number": "value",
}


@dataclass(frozen=True)
class Decision:
    """Branch weights and the `rule` that turns the combined logits into a prediction: recurrent * its logits +
    ngram_branch * its logits + offset.

    * `argmax`: probabilities are the softmax, the prediction is the most probable class; `median`: the median class.
      Predictions whose `confidence` is below `min_confidence` are rejected, none if it is None.
    * `thresholds`: probabilities are sigmoids, the prediction is every class that reaches its threshold (C).
    * `value`: the combined logits are the prediction.

    With a single branch, its weight is 1 / temperature (Guo et al. 2017).
    """

    recurrent: float = 1.0
    ngram_branch: float = 0.0
    min_confidence: float | None = None
    rule: Rule = "argmax"
    offset: float = 0.0
    thresholds: tuple[float, ...] = ()

    def save(self, folder: Path) -> None:
        """Write `decision.json` into `folder`; equal decisions give equal bytes."""
        write_bytes(folder / FILE, to_bytes(self))

    @staticmethod
    def load(folder: Path) -> Decision:
        """The decision that `save` wrote into `folder`. Raises OSError, ModelError."""
        return from_bytes((folder / FILE).read_bytes())


def combine_logits(decision: Decision, logits: BranchLogits) -> NDArray[np.float64]:
    """Return the combined logits, (N, C) float64."""
    combined: NDArray[np.float64] = decision.recurrent * logits.recurrent + decision.ngram_branch * logits.ngram_branch
    return combined + decision.offset if decision.offset else combined


def compute_scores(decision: Decision, logits: BranchLogits) -> NDArray[np.float64]:
    """Return the scores of N texts, (N, C) float64: probabilities, whose rows sum to 1 for exclusive classes, or values
    (N, 1).
    """
    combined = combine_logits(decision, logits)
    if decision.rule == "value":
        return combined
    return sigmoid(combined) if decision.rule == "thresholds" else softmax(combined)


def confidence(decision: Decision, logits: BranchLogits) -> NDArray[np.float64]:
    """Return the confidence of each prediction, (N,) float64: the maximum combined logit.

    The maximum probability is relative to the other classes, and can be high for a text of no known class (Vaze et al.
    2022, "Open-set recognition: a good closed-set classifier is all you need?").
    """
    highest: NDArray[np.float64] = combine_logits(decision, logits).max(axis=1)
    return highest


def accepts(decision: Decision, logits: BranchLogits) -> NDArray[np.bool_]:
    """Return whether each prediction is accepted, (N,) bool."""
    if decision.min_confidence is None:
        return np.ones(len(logits.recurrent), dtype=bool)
    stands: NDArray[np.bool_] = confidence(decision, logits) >= decision.min_confidence
    return stands


def to_bytes(decision: Decision) -> bytes:
    """Return the decision as JSON; fields that an older version lacks have a rule that it refuses."""
    content: dict[str, Any] = {
        "rule": decision.rule,
        "recurrent": decision.recurrent,
        "ngram_branch": decision.ngram_branch,
    }
    if decision.min_confidence is not None:
        content |= {"rule": decision.rule + OR_NONE, "min_confidence": decision.min_confidence}
    if decision.rule == "value":
        content["offset"] = decision.offset
    if decision.rule == "thresholds":
        content["thresholds"] = list(decision.thresholds)
    return (json.dumps(content, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def from_bytes(data: bytes) -> Decision:
    """Return the decision that `to_bytes` wrote, or one of format 1, with a temperature. Raises ModelError."""
    try:
        content = json.loads(data)
        found = _read(content)
        factors, most = (
            (found.recurrent, found.ngram_branch),
            MAX_SCALED if found.rule == "value" else MAX_WEIGHT,
        )
        valid = all(0 <= x < most for x in factors) and max(factors) > 0
        valid = valid and abs(found.min_confidence or 0) < MAX_WEIGHT and abs(found.offset) < most
        valid = valid and all(0 <= x <= 1 for x in found.thresholds)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ArithmeticError):
        valid = False
    if not valid:
        rules = ", ".join(get_args(Rule))
        raise ModelError(f"{FILE}: expected a rule ({rules}) and a weight for each branch, none below 0, one above 0")
    return found


def _read(content: Any) -> Decision:
    """Return the decision that JSON describes, without checking numbers. Raises LookupError, TypeError, ValueError."""
    if "temperature" in content:
        if content["rule"] != "argmax":
            raise ValueError(content["rule"])
        return Decision(1 / _number(content["temperature"]))
    rule = content["rule"]
    min_confidence = _number(content["min_confidence"]) if rule in ("argmax" + OR_NONE, "median" + OR_NONE) else None
    rule = rule.removesuffix(OR_NONE) if min_confidence is not None else rule
    if rule not in get_args(Rule):
        raise ValueError(rule)
    thresholds = tuple(map(_number, content["thresholds"])) if rule == "thresholds" else ()
    offset = _number(content["offset"]) if rule == "value" else 0.0
    return Decision(
        _number(content["recurrent"]), _number(content["ngram_branch"]), min_confidence, rule, offset, thresholds
    )


def _number(value: object) -> float:
    """Return a JSON number as a float. Raises TypeError for other types, OverflowError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    return float(value)
