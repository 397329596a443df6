"""What a decision does with predictions, in plain lines, with what it guarantees."""

from __future__ import annotations

from collections.abc import Sequence

from textrnn.decision.decision import Decision
from textrnn.decision.promise import Promise

MIN_ROWS = 100  # rows that say nothing of what more would show
MAX_LABELS = 20  # labels that have lines of their own
TOO_MANY_ERRORS = "even its most confident predictions are wrong too often; are the labels right? see `textrnn audit`"


def describe_promises(decision: Decision, names: Sequence[str]) -> list[str]:
    """Return a line or two for each promise of `decision`, whose classes have these `names` (C)."""
    if not decision.promises:
        return ["every prediction is accepted; nothing is guaranteed"]
    lines = [line for promise in decision.promises[:MAX_LABELS] for line in _lines(decision, promise, names)]
    more = len(decision.promises) - MAX_LABELS
    return lines + ([f"and {more} labels more"] if more > 0 else [])


def describe_missing(promise: Promise, names: Sequence[str]) -> str:
    """Return why a `promise` does not hold, and what would help."""
    of = "" if promise.label is None else f" for {names[promise.label]}"
    rows = "predictions of it" if promise.measure == "precision" else "rows of it"
    on = f"{promise.rows:,} labelled {'rows' if promise.label is None or len(names) < 2 else rows}"
    help_ = (
        f"about {_rounded(promise.needed):,} more labelled rows like these would"
        if promise.needed
        else f"more rows like these would not: {TOO_MANY_ERRORS}"
        if promise.measure == "precision" and promise.rows >= MIN_ROWS
        else "too few to tell how many would"
        if promise.measure == "precision"
        else "no row of it was seen"
    )
    return f"no threshold guarantees a {promise.measure} of {promise.target:.4g}{of} on {on}; {help_}"


def _lines(decision: Decision, promise: Promise, names: Sequence[str]) -> list[str]:
    if not promise.holds:
        kept = "every prediction of it is rejected" if promise.label is not None else "every prediction is rejected"
        if promise.measure == "recall":
            kept = "its threshold stays"
        elif decision.rule == "thresholds":
            kept = "it is never predicted"
        return [describe_missing(promise, names), f"  until more rows show it, {kept}"]
    share = f"{promise.reached:,} of {promise.rows:,}" + (
        f" ({promise.reached / promise.rows:.1%})" if promise.rows else ""
    )
    sure = "" if promise.confidence is None else f"with {promise.confidence:.0%} confidence"
    name = "" if promise.label is None else names[promise.label]
    match promise.measure:
        case "precision":
            least = _threshold(decision, promise.label)
            of = f" of {name}" if name else ""
            first = f"predictions{of} with a probability of at least {least:.4g} are accepted"
            first = first if least > 0 else f"all predictions{of} are accepted, whatever their probability"
            first = (
                first if decision.rule != "thresholds" else f"{name} is predicted from a probability of {least:.4g} on"
            )
            return [
                f"{first}: {share}, {promise.wrong:,} of them wrong",
                f"  guaranteed {sure}: at least {promise.target:.4g} of all those are right, on rows drawn like these",
            ]
        case "recall":
            return [
                f"{name} is predicted from a probability of {_threshold(decision, promise.label):.4g} on: "
                f"{share} of its rows are found",
                f"  guaranteed {sure}: at least {promise.target:.4g} of its rows are found, of rows drawn like these",
            ]
        case "abstain_below":
            bound = (
                f"  {sure}: at least {promise.at_least:.4g} of those are right, on rows drawn like these"
                if promise.at_least is not None
                else "  nothing is guaranteed"
            )
            return [
                f"predictions with a probability below {promise.target:.4g} are rejected",
                _accepted(promise, share),
                bound,
            ]
        case "coverage":
            return [
                "the least confident predictions are rejected"
                if promise.target != 1
                else "every prediction is accepted",
                _accepted(promise, share),
                "  of their precision nothing is guaranteed; ask for a precision",
            ]
        case _:
            return ["the prediction is the class with the lowest expected cost", _accepted(promise, share)]


def _accepted(promise: Promise, share: str) -> str:
    return f"  accepted {share}, {promise.wrong:,} of them wrong"


def _threshold(decision: Decision, label: int | None) -> float:
    values = decision.thresholds or decision.lowered or decision.accept or (0.0,)
    return values[label] if label is not None and len(values) > 1 else values[0]


def _rounded(rows: int) -> int:
    """`rows` to two digits, upwards."""
    unit: int = 10 ** max(len(str(rows)) - 2, 0)
    return -(-rows // unit) * unit
