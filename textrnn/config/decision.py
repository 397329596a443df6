"""`[decision]`: what is asked of the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from textrnn.config.bounds import Ge, Gt, Le, Lt
from textrnn.config.field_types import Name

Share = Annotated[float, Gt(0), Lt(1)]


@dataclass(frozen=True)
class DecisionConfig:
    """What is asked of predictions, shown by the validation split, on which branch weights are fitted, too."""

    precision: Annotated[Share | None, "least share of the accepted predictions that is right, guaranteed"] = None
    recall: Annotated[Share | None, "least share of the rows of decision.for_class that is found, guaranteed"] = None
    for_class: Annotated[
        Name | tuple[Name, ...] | None, "the classes that precision or recall is asked of; none: all"
    ] = None
    confidence: Annotated[float, Gt(0), Lt(1), "probability with which what is guaranteed holds"] = 0.9
    coverage: Annotated[
        float,
        Gt(0),
        Le(1),
        "share of validation texts whose prediction is accepted; less confident ones are rejected. 1: none",
    ] = 1.0
    abstain_below: Annotated[
        Annotated[float, Gt(0), Le(1)] | None, "probability below which a prediction is rejected"
    ] = None
    costs: Annotated[
        Mapping[str, Mapping[str, Annotated[float, Ge(0), Le(1e9)]]] | None,
        "table of what predictions cost, by true class, then by predicted class or abstain; the cheapest is predicted",
    ] = None
