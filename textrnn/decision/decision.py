"""`Decision`: from the logits of the branches to scores, a prediction, its acceptance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from textrnn.config.bounds import Ge, Le, Len, Lt
from textrnn.config.convert import InvalidValue, convert
from textrnn.config.data import TargetKind
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.calibration import Calibration
from textrnn.decision.promise import Promise
from textrnn.errors import ModelError
from textrnn.metrics.losses import sigmoid
from textrnn.metrics.predictions import median_class
from textrnn.metrics.softmax import softmax
from textrnn.storage.files import write_bytes

DECISION_FILE = "decision.json"
ABSTAIN_RULE_SUFFIX = " or none"
MAX_WEIGHT, MAX_SCALED = 1e6, 1e18  # of a branch weight; that of a number is in the units of the labels
Rule = Literal["argmax", "median", "thresholds", "value"]
RULES: Mapping[TargetKind, Rule] = {
    "single": "argmax",
    "ordinal": "median",
    "path": "argmax",
    "multi": "thresholds",
    "number": "value",
}
Weight = Annotated[float, Ge(0), Lt(MAX_SCALED)]
Offset = Annotated[float, Ge(-MAX_SCALED), Le(MAX_SCALED)]
Threshold = Annotated[float, Ge(0), Le(2)]  # a probability, or `UNREACHABLE_THRESHOLD`
Cost = Annotated[float, Ge(0), Le(1e9)]


@dataclass(frozen=True)
class Decision:
    """What turns the logits of the branches into a prediction that stands or not.

    The combined logits are recurrent * its logits + ngram_branch * its logits + offset, then scaled by `calibration`.
    By the `rule`:

    * `argmax`: probabilities are the softmax, the prediction is the most probable class; `median`: the median class.
    * `thresholds`: probabilities are sigmoids, the prediction is every class that reaches its threshold (C).
    * `value`: the combined logits are the prediction.

    With `costs` (C, C), or (C, C + 1) with the cost of no prediction last, the prediction has the lowest expected cost:
    `costs[i][j]` is that of j where i is true. A class whose `lowered` threshold (C) is reached is predicted whatever
    the rule says, the most probable of several; 2 is reached by none.

    A prediction is accepted where its probability reaches `accept`, (1) for all, (C) by predicted class; where its
    `confidence` reaches `min_confidence`; and where it costs less than none. `promises` say what was asked, and what
    holds with which confidence. `weights` is the SHA-256 (`weights_digest`) of the weights it was fitted for, "" where
    it is not bound yet. With a single branch, its weight is 1 / temperature (Guo et al. 2017).
    """

    recurrent: Weight = 1.0
    ngram_branch: Weight = 0.0
    min_confidence: Offset | None = None
    rule: Rule = "argmax"
    offset: Offset = 0.0
    thresholds: tuple[Threshold, ...] = ()
    calibration: Calibration = Calibration()  # noqa: RUF009  # frozen
    accept: tuple[Threshold, ...] = ()
    lowered: tuple[Threshold, ...] = ()
    costs: tuple[tuple[Cost, ...], ...] = ()
    promises: tuple[Promise, ...] = ()
    weights: Annotated[str, Len(0, 64)] = ""

    def save(self, folder: Path) -> None:
        """Write `decision.json` into `folder`; equal decisions give equal bytes."""
        write_bytes(folder / DECISION_FILE, to_bytes(self))

    @staticmethod
    def load(folder: Path) -> Decision:
        """The decision that `save` wrote into `folder`. Raises OSError, ModelError."""
        return from_bytes((folder / DECISION_FILE).read_bytes())

    @property
    def rejects(self) -> bool:
        """Whether a prediction may be rejected."""
        return self.min_confidence is not None or bool(self.accept) or _has_abstain(self)

    @property
    def predicts_likeliest(self) -> bool:
        """Whether the prediction is the most probable class of every text."""
        return self.rule == "argmax" and not self.costs and not self.lowered


def combine_logits(decision: Decision, logits: BranchLogits) -> NDArray[np.float64]:
    """Return the combined logits, calibrated, (N, C) float64."""
    combined: NDArray[np.float64] = decision.recurrent * logits.recurrent + decision.ngram_branch * logits.ngram_branch
    if decision.offset:
        combined = combined + decision.offset
    if decision.calibration.scales:
        combined = combined * np.array(decision.calibration.scales) + np.array(decision.calibration.offsets)
    return combined


def compute_scores(decision: Decision, logits: BranchLogits) -> NDArray[np.float64]:
    """Return the scores of N texts, (N, C) float64: probabilities, whose rows sum to 1 for exclusive classes, or values
    (N, 1).
    """
    combined = combine_logits(decision, logits)
    if decision.rule == "value":
        return combined
    return sigmoid(combined) if decision.rule == "thresholds" else softmax(combined)


def choose(
    decision: Decision, scores: NDArray[np.float64]
) -> NDArray[np.int64] | NDArray[np.bool_] | NDArray[np.float64]:
    """Return the prediction for each of N `scores` (N, C): a class (N,) int64, classes (N, C) bool, a value (N,)."""
    if decision.rule == "value":
        values: NDArray[np.float64] = scores[:, 0]
        return values
    if decision.rule == "thresholds":
        reached: NDArray[np.bool_] = scores >= np.array(decision.thresholds or [0.5])
        return reached
    classes, chosen = scores.shape[1], np.zeros(0, np.int64)
    if decision.costs:
        chosen = (scores @ np.array(decision.costs)[:, :classes]).argmin(axis=1)
    else:
        chosen = median_class(scores) if decision.rule == "median" else scores.argmax(axis=1)
    if decision.lowered:
        raised = np.where(scores >= np.array(decision.lowered), scores, -1.0)
        chosen = np.where(raised.max(axis=1, initial=-1.0) >= 0, raised.argmax(axis=1), chosen)
    classes_of_all: NDArray[np.int64] = chosen.astype(np.int64)
    return classes_of_all


def confidence(decision: Decision, logits: BranchLogits) -> NDArray[np.float64]:
    """Return the confidence of each prediction, (N,) float64: the maximum combined logit.

    The maximum probability is relative to the other classes, and can be high for a text of no known class (Vaze et al.
    2022, "Open-set recognition: a good closed-set classifier is all you need?").
    """
    highest: NDArray[np.float64] = combine_logits(decision, logits).max(axis=1)
    return highest


def accepts(decision: Decision, logits: BranchLogits, scores: NDArray[np.float64] | None = None) -> NDArray[np.bool_]:
    """Return whether each prediction is accepted, (N,) bool; `scores` (N, C) are those of the `logits`, if known."""
    stands = np.ones(len(logits.recurrent), dtype=bool)
    if not decision.rejects:
        return stands
    if decision.min_confidence is not None:
        stands &= confidence(decision, logits) >= decision.min_confidence
    if decision.accept or decision.costs:
        scores = compute_scores(decision, logits) if scores is None else scores
        chosen = np.asarray(choose(decision, scores), np.int64)
        own = probability_of(scores, chosen)
        if decision.accept:
            least = np.array(decision.accept)
            stands &= own >= (least[chosen] if len(least) > 1 else least)
        if _has_abstain(decision):
            expected = scores @ np.array(decision.costs)
            stands &= expected[np.arange(len(scores)), chosen] <= expected[:, -1]
    return stands


def probability_of(scores: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probability (N,) of the `chosen` classes (N,) by `scores` (N, C)."""
    return scores[np.arange(len(scores)), chosen]


def _has_abstain(decision: Decision) -> bool:
    return bool(decision.costs) and len(decision.costs[0]) > len(decision.costs)


def to_bytes(decision: Decision) -> bytes:
    """Return the decision as JSON; what has its default is left out, but for rule and weights."""
    found = asdict(decision)
    default = asdict(Decision())
    kept = {name: value for name, value in found.items() if value != default[name]}
    always = {name: found[name] for name in ("rule", "recurrent", "ngram_branch", "weights")}
    return (json.dumps(kept | always, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def from_bytes(data: bytes) -> Decision:
    """Return the decision that `to_bytes` wrote, or one of an earlier format. Raises ModelError."""
    try:
        found = _read(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ArithmeticError):
        found = None
    if found is None or not _is_sound(found):
        rules = ", ".join(get_args(Rule))
        raise ModelError(
            f"{DECISION_FILE}: expected a rule ({rules}), a weight for each branch, none below 0, one above 0, and as "
            "many numbers as classes where there are any"
        )
    return found


def require_classes(decision: Decision, classes: int) -> None:
    """Raise ModelError where the decision is not one of so many `classes`, C."""
    sizes = {
        "thresholds": (decision.thresholds, classes if decision.rule == "thresholds" else 0),
        "calibration.scales": (decision.calibration.scales, classes),
        "lowered": (decision.lowered, classes),
        "costs": (decision.costs, classes),
    }
    for name, (values, size) in sizes.items():
        if len(values) not in ((size,) if name == "thresholds" else (0, size)):
            raise ModelError(f"{DECISION_FILE}: {name}: expected {size} of them, one a class, found {len(values)}")
    if len(decision.accept) not in (0, 1, classes):
        raise ModelError(f"{DECISION_FILE}: accept: expected 1 or {classes} of them, found {len(decision.accept)}")
    if any(promise.label is not None and promise.label >= classes for promise in decision.promises):
        raise ModelError(f"{DECISION_FILE}: promises: expected classes below {classes}, found others")


def _read(content: Any) -> Decision | None:
    """Return the decision that JSON describes, its numbers within the bounds of its fields. Raises LookupError,
    TypeError, ValueError.
    """
    if "temperature" in content:
        return Decision(1 / _number(content["temperature"])) if content["rule"] == "argmax" else None
    rule = content["rule"]
    content["recurrent"], content["ngram_branch"]  # there must be both
    if rule in (
        "argmax" + ABSTAIN_RULE_SUFFIX,
        "median" + ABSTAIN_RULE_SUFFIX,
    ):  # before format 7: a minimum confidence
        content = content | {
            "rule": rule.removesuffix(ABSTAIN_RULE_SUFFIX),
            "min_confidence": _number(content["min_confidence"]),
        }
    try:
        found: Decision = convert(content, Decision)
    except InvalidValue:
        return None
    return found


def _is_sound(found: Decision) -> bool:
    most = MAX_SCALED if found.rule == "value" else MAX_WEIGHT
    factors, exclusive = (found.recurrent, found.ngram_branch), found.rule in ("argmax", "median")
    return (
        0 < max(factors) < most
        and abs(found.min_confidence or 0) < MAX_WEIGHT
        and abs(found.offset) < most
        and len(found.calibration.scales) == len(found.calibration.offsets)
        and all(len(row) in (len(found.costs), len(found.costs) + 1) for row in found.costs)
        and len({len(row) for row in found.costs}) < 2
        and (exclusive or not (found.accept or found.lowered or found.costs or found.min_confidence is not None))
        and (exclusive or found.rule == "thresholds" or not found.calibration.scales)
    )


def _number(value: object) -> float:
    """Return a JSON number as a float. Raises TypeError for other types, OverflowError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    return float(value)
