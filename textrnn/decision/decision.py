"""The decision: the logits of the branches -> probabilities."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

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

    With one branch alone, its factor is 1 / temperature (Guo et al. 2017).
    """

    recurrent: float = 1.0
    wide: float = 0.0

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


def to_bytes(decision: Decision) -> bytes:
    """The decision as JSON."""
    content = {"rule": "argmax", "recurrent": decision.recurrent, "wide": decision.wide}
    return (json.dumps(content, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def from_bytes(data: bytes) -> Decision:
    """The decision that `to_bytes` wrote, or one of model format 1, which had a temperature. Raises ModelError."""
    try:
        content = json.loads(data)
        if "temperature" in content:
            found = Decision(1 / _number(content["temperature"]))
        else:
            found = Decision(_number(content["recurrent"]), _number(content["wide"]))
        factors = (found.recurrent, found.wide)
        sound = content["rule"] == "argmax" and all(0 <= x < LARGEST for x in factors) and max(factors) > 0
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
