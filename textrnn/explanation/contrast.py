"""What is explained: the calibrated logit of one class, or how far it is above that of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from textrnn.data.readers.wording import quote, quote_list, suggest_nearest
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, combine_logits
from textrnn.errors import ConfigError

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Contrast:
    """The output `label` against the output `against`, their numbers; None: of a class that does not exclude others,
    and of a number, the output alone.

    It is recurrent @ (logits of the recurrent branch) + ngram_branch @ (those of the n-gram branch) + offset, with
    weights (C,) float64: the difference of the calibrated logits.
    """

    label: int
    against: int | None
    recurrent: Float
    ngram_branch: Float
    offset: float

    def of(self, logits: BranchLogits) -> Float:
        """Returns it for each of N texts, (N,)."""
        found: Float = logits.recurrent @ self.recurrent + logits.ngram_branch @ self.ngram_branch + self.offset
        return found


def make_contrast(decision: Decision, outputs: int, label: int, against: int | None) -> Contrast:
    """Returns the contrast of two of so many `outputs`, as `decision` calibrates them."""
    zeros, ones = np.zeros((1, outputs)), np.ones((1, outputs))
    base = combine_logits(decision, BranchLogits(zeros, zeros))[0]
    factors = [
        combine_logits(decision, BranchLogits(ones, zeros))[0] - base,
        combine_logits(decision, BranchLogits(zeros, ones))[0] - base,
    ]
    sign = np.zeros(outputs)
    sign[label] = 1
    if against is not None:
        sign[against] -= 1
    return Contrast(label, against, sign * factors[0], sign * factors[1], float(sign @ base))


def choose_outputs(
    target: Target, scores: Float, predicted: int | None, label: object, against: object, known: Sequence[object]
) -> tuple[int, int | None]:
    """Returns the numbers of the outputs to compare, where the scores of a text are `scores` (C,).

    Without a `label` that is the `predicted` class (None: the most probable one); without `against`, of classes that
    exclude each other, the most probable other one, else None. Both may be named as text, or as one of the `known`
    (C,), the classes in the caller's form. Raises ConfigError for a class that there is not.
    """
    if target.kind == "number":
        for name, value in (("label", label), ("against", against)):
            if value is not None:
                raise ConfigError(f"{name}: expected none, since the model predicts numbers, found {quote(value)}")
        return 0, None
    best = int(np.argmax(scores)) if predicted is None else predicted
    first = best if label is None else _find_class(target, label, known, "label")
    if against is not None:
        second = _find_class(target, against, known, "against")
        if first == second:
            raise ConfigError(f"against: expected another class than the one explained, found {quote(against)}")
        return first, second
    if not target.exclusive:
        return first, None
    return first, int(np.argmax(np.where(np.arange(len(scores)) == first, -np.inf, scores)))


def _find_class(target: Target, name: object, known: Sequence[object], parameter: str) -> int:
    places = {str(value): place for place, value in enumerate(known)}
    places |= {value: place for place, value in enumerate(target.names)}
    if (place := places.get(str(name))) is None:
        raise ConfigError(
            f"{parameter}: expected a class of the model, found {quote(name)}"
            f"{suggest_nearest(str(name), list(places))}; it has {quote_list(target.names, 10)}"
        )
    return place
