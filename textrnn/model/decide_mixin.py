"""`DecisionMixin`: the methods of a model that choose which predictions are accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from textrnn.decision.describe import describe_promises
from textrnn.decision.request import DEFAULT_CONFIDENCE
from textrnn.model.decide import decide_on, make_request
from textrnn.model.predictor import Predictor


class DecisionMixin:
    """A base of what holds a predictor: `TextPredictor`, `TextClassifier`."""

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
        confidence: float = DEFAULT_CONFIDENCE,
    ) -> Self:
        """A copy that does what was asked, as N labelled `texts` show that it does; see `decision_lines`.

        One of five is asked: at least the `precision` of what is accepted, or the `recall`, both guaranteed with the
        `confidence` by an exact binomial test, of the classes `for_class` (None: of all predictions, of each label of
        several); the share `coverage` that is accepted; `abstain_below` a probability; `costs` by the true class, then
        by the predicted one, or "abstain". The texts should be drawn like those it will be used on, and not be those
        it was trained on. What saves it keeps the decision. Raises ConfigError, DataError, NoGuaranteeError where no
        threshold gives what was asked.
        """
        predictor = self._fitted()
        request = make_request(
            predictor.target, precision, recall, coverage, abstain_below, costs, for_class, confidence
        )
        return self._decided(decide_on(predictor, texts, labels, request))

    @property
    def decision_lines(self) -> list[str]:
        """What the decision accepts and what it guarantees, in plain lines."""
        return describe_promises(self._fitted().decision, self._fitted().target.names)

    def _fitted(self) -> Predictor:
        raise NotImplementedError

    def _decided(self, predictor: Predictor) -> Self:
        """A copy that holds the `predictor`."""
        raise NotImplementedError
