"""`Promise`: one thing asked of a decision, as far as it is guaranteed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from textrnn.config.bounds import Ge, Gt, Le, Lt

Measure = Literal["precision", "recall", "coverage", "abstain_below", "costs"]
Rows = Annotated[int, Ge(0), Lt(2**53)]


@dataclass(frozen=True)
class Promise:
    """One thing that was asked: the `measure`, its `target`, of the class with the number `label`, or of all.

    `rows` labelled rows are those it is about: the predictions of the class (precision), the rows of the class
    (recall), else all. `reached` of them reach the threshold, `wrong` of those are wrong (of the others, for recall).

    `confidence` is that with which `at_least` holds on all rows drawn like those: the target of precision and recall,
    a lower bound of the precision for the others; None: nothing is guaranteed. Where no threshold gives what was asked
    `holds` is false, and about `needed` rows would do; None: no number is known to.
    """

    measure: Measure
    target: Annotated[float, Ge(0), Le(1)] | None = None
    label: Annotated[int, Ge(0), Lt(2**31)] | None = None
    rows: Rows = 0
    reached: Rows = 0
    wrong: Rows = 0
    confidence: Annotated[float, Gt(0), Lt(1)] | None = None
    at_least: Annotated[float, Ge(0), Le(1)] | None = None
    holds: bool = True
    needed: Rows | None = None
