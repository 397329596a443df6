"""The decision: the logits of the branches -> probabilities."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.decision.branches import BranchLogits
from textrnn.errors import ModelError
from textrnn.files import write_bytes
from textrnn.metrics.softmax import softmax

FILE = "decision.json"
LARGEST = 1e6


@dataclass(frozen=True)
class Decision:
    """Probabilities are softmax(recurrent * its logits + wide * its logits); the label is the most probable one.

    With one branch alone, its factor is 1 / temperature (Guo et al. 2017). An answer whose `sureness` is below `least`
    is rejected; without one every answer stands.
    """

    recurrent: float = 1.0
    wide: float = 0.0
    least: float | None = None

    def save(self, folder: Path) -> None:
        """Write `decision.json` into `folder`; equal decisions give equal bytes."""
        write_bytes(folder / FILE, to_bytes(self))

    @staticmethod
    def load(folder: Path) -> Decision:
        """The decision that `save` wrote into `folder`. Raises OSError, ModelError."""
        return from_bytes((folder / FILE).read_bytes())


def decide(decision: Decision, logits: BranchLogits) -> NDArray[np.float64]:
    """Probabilities (N, C) float64; each row sums to 1."""
    return softmax(decision.recurrent * logits.recurrent + decision.wide * logits.wide)


def sureness(decision: Decision, logits: BranchLogits) -> NDArray[np.float64]:
    """How sure the decision is of its answers, (N,) float64: the highest of the joined logits.

    Not the highest probability: that says which class is likelier than the others, and a text of none of them may still
    have a likeliest one (Vaze et al. 2022, "Open-set recognition: a good closed-set classifier is all you need?").
    """
    joined: NDArray[np.float64] = decision.recurrent * logits.recurrent + decision.wide * logits.wide
    highest: NDArray[np.float64] = joined.max(axis=1)
    return highest


def accepts(decision: Decision, logits: BranchLogits) -> NDArray[np.bool_]:
    """Whether each answer stands, (N,) bool."""
    if decision.least is None:
        return np.ones(len(logits.recurrent), dtype=bool)
    stands: NDArray[np.bool_] = sureness(decision, logits) >= decision.least
    return stands


def to_bytes(decision: Decision) -> bytes:
    """The decision as JSON."""
    content: dict[str, Any] = {"rule": "argmax", "recurrent": decision.recurrent, "wide": decision.wide}
    if decision.least is not None:  # a rule that older versions refuse, as they should: they would reject nothing
        content |= {"rule": "argmax or none", "least": decision.least}
    return (json.dumps(content, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def from_bytes(data: bytes) -> Decision:
    """The decision that `to_bytes` wrote, or one of model format 1, which had a temperature. Raises ModelError."""
    try:
        content = json.loads(data)
        if "temperature" in content:
            found = Decision(1 / _number(content["temperature"]))
        else:
            least = _number(content["least"]) if content["rule"] == "argmax or none" else None
            found = Decision(_number(content["recurrent"]), _number(content["wide"]), least)
        factors = (found.recurrent, found.wide)
        sound = content["rule"] == ("argmax" if found.least is None else "argmax or none")
        sound = sound and all(0 <= x < LARGEST for x in factors) and max(factors) > 0
        sound = sound and abs(found.least or 0) < LARGEST
    except (ValueError, KeyError, TypeError, RecursionError, ArithmeticError):
        sound = False
    if not sound:
        raise ModelError(f"{FILE}: expected the rule argmax and a factor from 0 for each branch, one of them above 0")
    return found


def _number(value: object) -> float:
    """A JSON number, neither text nor true. Raises TypeError, OverflowError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    return float(value)
