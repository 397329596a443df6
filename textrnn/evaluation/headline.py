"""The headline score of each kind of target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind

SCORES: Mapping[str, str] = {  # display names, in order
    "accuracy": "Accuracy",
    "macro_f1": "Macro F1",
    "micro_f1": "Micro F1",
    "average_precision": "Average precision",
    "exact_match": "Exactly right",
    "mean_absolute_error": "Mean absolute error",
    "root_mean_squared_error": "Root mean squared error",
    "mean_squared_error": "Mean squared error",
    "r2": "R²",
    "spearman": "Rank correlation (Spearman)",
    "pearson": "Correlation (Pearson)",
    "quadratic_kappa": "Quadratic kappa",
    "hierarchical_f1": "Hierarchical F1",
    "roc_auc": "ROC AUC",
    "log_loss": "Log loss",
    "calibration_error": "Calibration error",
}
MEANINGS: Mapping[str, str] = {  # one-line explanations
    "accuracy": "share of correct predictions",
    "macro_f1": "unweighted mean of the F1 of all classes, high only if precision and recall are",
    "micro_f1": "F1 of all labels counted together",
    "average_precision": "quality of the ranking of texts by the probability of a label; 1 is perfect",
    "exact_match": "share of texts whose labels are exactly right",
    "mean_absolute_error": "mean distance from the true value",
    "root_mean_squared_error": "distance from the true value, large errors weighted more",
    "mean_squared_error": "the mean of the squared errors",
    "r2": "1 is perfect, 0 no better than predicting the mean",
    "spearman": "whether the order is right; 1 is perfect, 0 chance",
    "pearson": "linear correlation of predicted and true values; 1 is perfect, 0 chance",
    "quadratic_kappa": "agreement beyond chance, large errors weighted more; 1 is perfect, 0 chance",
    "hierarchical_f1": "F1 with partial credit for partly correct paths",
    "roc_auc": "probability that a text of the class has a higher score than another text; 0.5 is chance",
    "log_loss": "mean negative log probability of the true class; 0 is perfect",
    "calibration_error": "mean difference of confidence and accuracy",
}


@dataclass(frozen=True)
class Headline:
    """A score by its name in the metrics of a report; `sign` is 1 if higher is better, else -1; `test` is the test that
    compares two classifiers on the same examples.
    """

    name: str
    sign: int
    test: str

    @property
    def words(self) -> str:
        """The name in a sentence."""
        return self.name.replace("_", " ").replace("f1", "F1")


HEADLINES: Mapping[TargetKind, Headline] = {
    "single": Headline("accuracy", 1, "McNemar"),
    "ordinal": Headline("accuracy", 1, "McNemar"),
    "path": Headline("accuracy", 1, "McNemar"),
    "multi": Headline("macro_f1", 1, "paired bootstrap"),
    "number": Headline("mean_absolute_error", -1, "paired bootstrap"),
}


def headline_of(data: Mapping[str, Any]) -> Headline:
    """Return the headline of a report's data."""
    return HEADLINES[data["target"]["kind"]]


def shown_scores(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the display names of a report's scores, in order."""
    levels = {name: f"Accuracy, level {name[-1]}" for name in data["metrics"] if name.startswith("accuracy_level_")}
    known = {name: shown for name, shown in SCORES.items() if name in data["metrics"]}
    return {**dict(list(known.items())[:1]), **levels, **known}


def is_correct(labels: NDArray[Any], predictions: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which predictions are exactly right, (N,)."""
    same: NDArray[np.bool_] = np.asarray(labels == predictions)
    return np.asarray(same.all(axis=1)) if same.ndim == 2 else same
