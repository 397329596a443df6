"""`Decides`: the part of a classifier that decides which predictions stand."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self

from textrnn.decision.describe import describe_promises
from textrnn.decision.request import CONFIDENCE
from textrnn.model.decide import decide_on, make_request
from textrnn.model.folder import ModelFolder, with_decision
from textrnn.model.predictor import Predictor


class Decides:
    """A base of estimators that hold a model."""

    _model: ModelFolder

    def decide(
        self,
        texts: Any,
        labels: Any,
        *,
        precision: float | None = None,
        recall: float | None = None,
        coverage: float | None = None,
        abstain_below: float | None = None,
        costs: Mapping[str, Mapping[str, float]] | None = None,
        for_class: str | Sequence[str] | None = None,
        confidence: float = CONFIDENCE,
    ) -> Self:
        """A copy of this classifier that does what was asked, as N labelled `texts` show that it does.

        They must not be those of `fit`. What is asked, and what is raised, is that of `TextPredictor.decide`; `save`
        keeps it.
        """
        predictor = self._fitted()
        request = make_request(
            predictor.target, precision, recall, coverage, abstain_below, costs, for_class, confidence
        )
        made = copy.copy(self)
        made._set_model(*with_decision(self._model, decide_on(predictor, texts, labels, request)))
        return made

    @property
    def decision_lines(self) -> list[str]:
        """What the decision accepts and what it guarantees, in plain lines."""
        return describe_promises(self._fitted().decision, self._fitted().target.names)

    def _fitted(self) -> Predictor:
        raise NotImplementedError

    def _set_model(self, model: ModelFolder, predictor: Predictor | None = None) -> None:
        raise NotImplementedError
