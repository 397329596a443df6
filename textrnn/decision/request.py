"""`Request`: what somebody asks of the predictions of a classifier."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from textrnn.data.readers.wording import quote, quote_list
from textrnn.data.target import Target
from textrnn.decision.decision import Decision
from textrnn.errors import ConfigError

DEFAULT_CONFIDENCE = 0.9
MEASURES = ("precision", "recall", "coverage", "abstain_below", "costs")


@dataclass(frozen=True)
class Request:
    """One of five: a least `precision` or `recall`, with the `confidence`, of the classes `for_class`, or of all; the
    share `coverage` of the predictions that is accepted; `abstain_below` a probability; `costs`, by the true class and
    what is predicted (C, C), a column more for no prediction.
    """

    precision: float | None = None
    recall: float | None = None
    coverage: float | None = None
    abstain_below: float | None = None
    costs: tuple[tuple[float, ...], ...] | None = None
    for_class: tuple[str, ...] = ()
    confidence: float = DEFAULT_CONFIDENCE

    @property
    def measure(self) -> str:
        """Which of the five, "" where none is asked for."""
        return next((name for name in MEASURES if getattr(self, name) is not None), "")

    @property
    def risk(self) -> float:
        """The chance with which a guarantee may fail."""
        return 1 - self.confidence


def require_possible(request: Request, target: Target) -> tuple[int, ...]:
    """Return the numbers of the classes `for_class` of `target`. Raises ConfigError for a request that has no meaning.

    Messages have the names of Python's parameters.
    """
    found = [name for name in MEASURES if getattr(request, name) is not None]
    if len(found) != 1:
        what = " and ".join(found) or "none"
        raise ConfigError(f"expected one of {', '.join(MEASURES)}, found {what}")
    name = found[0]
    if target.kind == "number":
        raise ConfigError(f"{name}: expected a model of classes, found one of numbers, which has no {name}")
    if target.kind == "multi" and name not in ("precision", "recall"):
        raise ConfigError(
            f"{name}: expected a model of exclusive classes, found one of several labels a text; ask for precision"
        )
    _require_shares(request)
    if request.for_class and name not in ("precision", "recall"):
        raise ConfigError(f"for_class: expected precision or recall with it, found {name}; leave it out")
    numbers = {str(known): number for number, known in enumerate(target.names)}
    for wanted in request.for_class:
        if wanted not in numbers:
            raise ConfigError(f"for_class: expected one of {quote_list(target.names, 8)}, found {quote(wanted)}")
    if name == "recall" and target.kind != "multi" and len(request.for_class) != 1:
        raise ConfigError(
            "recall: expected one class, whose threshold is lowered at the cost of the others, found "
            f"{len(request.for_class) or 'none'}; name it, as in {quote(target.names[0])}"
        )
    if request.costs is not None:
        _require_costs(request.costs, target.outputs)
    return tuple(dict.fromkeys(numbers[wanted] for wanted in request.for_class))


def previous_request(decision: Decision, names: Sequence[str]) -> Request | None:
    """Return the request that `decision` was made for, whose classes have these `names` (C); None where there was none.

    Of several labels a text all that were promised something, each by its name.
    """
    if not decision.promises:
        return None
    first = decision.promises[0]
    value = decision.costs if first.measure == "costs" else first.target
    classes = tuple(names[promise.label] for promise in decision.promises if promise.label is not None)
    confidence = next((p.confidence for p in decision.promises if p.confidence is not None), DEFAULT_CONFIDENCE)
    return Request(**{first.measure: value}, for_class=classes, confidence=confidence)  # type: ignore[arg-type]


def _require_shares(request: Request) -> None:
    for name in ("precision", "recall", "coverage", "abstain_below", "confidence"):
        value = getattr(request, name)
        if value is None:
            continue
        most = 1.0 if name in ("coverage", "abstain_below") else math.nextafter(1.0, 0.0)
        if not 0 < value <= most:
            end = "to 1" if most == 1 else "and below 1"
            raise ConfigError(f"{name}: expected a share above 0 {end}, found {value:g}")


def _require_costs(costs: tuple[tuple[float, ...], ...], classes: int) -> None:
    widths = {len(row) for row in costs}
    if len(costs) != classes or widths not in ({classes}, {classes + 1}):
        raise ConfigError(
            f"costs: expected a row for each of {classes} classes, each with {classes} numbers, or one more for no "
            f"prediction, found {len(costs)} rows of {', '.join(map(str, sorted(widths)))}"
        )
    for i, row in enumerate(costs, start=1):
        for j, cost in enumerate(row, start=1):
            if not (math.isfinite(cost) and 0 <= cost <= 1e9):
                raise ConfigError(f"costs, row {i}, column {j}: expected a number from 0 to 1e9, found {cost:g}")
