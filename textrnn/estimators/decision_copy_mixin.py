"""`DecisionCopyMixin`: an estimator with new thresholds is a copy of itself with another model folder."""

from __future__ import annotations

import copy
from typing import Self

from textrnn.model.decide_mixin import DecisionMixin
from textrnn.model.folder import ModelFolder, with_decision
from textrnn.model.predictor import Predictor


class DecisionCopyMixin(DecisionMixin):
    """A base of estimators that hold a model folder."""

    _model: ModelFolder

    def _decided(self, predictor: Predictor) -> Self:
        made = copy.copy(self)
        made._set_model(*with_decision(self._model, predictor))
        return made

    def _set_model(self, model: ModelFolder, predictor: Predictor | None = None) -> None:
        raise NotImplementedError
