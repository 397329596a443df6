"""The penalty of a linear model, chosen by the labelled rows alone. Needs scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold

FEW = 3_000  # rows: to here the mean of three folds chooses, beyond one of them
FOLDS = 3


def fit_best(make: Callable[[float], Any], inputs: Any, labels: Sequence[str], penalties: Sequence[float]) -> Any:
    """The model `make(C)` fitted on all rows `inputs` (N, D), with the C of `penalties` that cross-validates best."""
    true: NDArray[np.str_] = np.asarray(labels)
    folds = list(KFold(FOLDS, shuffle=True, random_state=0).split(true))[: FOLDS if len(true) <= FEW else 1]
    scores = [np.mean([_score(make(c), inputs, true, *fold) for fold in folds]) for c in penalties]
    return _fit(make(penalties[int(np.argmax(scores))]), inputs, true)


def _score(model: Any, inputs: Any, labels: NDArray[np.str_], fitted: NDArray[Any], held: NDArray[Any]) -> float:
    if len(set(labels[fitted])) < 2:
        return 0.0
    return float((_fit(model, inputs[fitted], labels[fitted]).predict(inputs[held]) == labels[held]).mean())


def _fit(model: Any, inputs: Any, labels: NDArray[np.str_]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(inputs, labels)
