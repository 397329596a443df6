"""The one score that a report on a kind of target is led by, and which way it is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind

SCORES: Mapping[str, str] = {  # as people call them, in the order shown
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
MEANINGS: Mapping[str, str] = {  # what a score is, in plain words
    "accuracy": "texts whose class is right, as a share",
    "macro_f1": "the plain mean of every class's F1, which is high where precision and recall both are",
    "micro_f1": "F1 of all labels counted together",
    "average_precision": "how far up the texts with a label stand when sorted by its probability; 1 is perfect",
    "exact_match": "texts with exactly their labels, as a share",
    "mean_absolute_error": "how far off, in the mean",
    "root_mean_squared_error": "how far off, large errors counting more",
    "mean_squared_error": "the mean of the squared errors",
    "r2": "1 is perfect, 0 no better than always saying the mean",
    "spearman": "whether the order is right; 1 is perfect, 0 chance",
    "pearson": "whether what is said rises in step with what is true; 1 is perfect, 0 chance",
    "quadratic_kappa": "agreement beyond chance, far misses counting more; 1 is perfect, 0 chance",
    "hierarchical_f1": "like F1, with half-right paths counted in part",
    "roc_auc": "how often a text of a class gets more for it than another text does; 0.5 is guessing",
    "log_loss": "minus the logarithm of what the true class was given, in the mean; 0 is perfect",
    "calibration_error": "how far probabilities are from the share that is right, in the mean",
}


@dataclass(frozen=True)
class Headline:
    """A score by its name in a report's metrics; `sign` is 1 where higher is better, else -1; `test` is what
    decides between two on the same examples.
    """

    name: str
    sign: int
    test: str

    @property
    def words(self) -> str:
        """The name within a sentence."""
        return self.name.replace("_", " ").replace("f1", "F1")


HEADLINES: Mapping[TargetKind, Headline] = {
    "single": Headline("accuracy", 1, "McNemar"),
    "ordinal": Headline("accuracy", 1, "McNemar"),
    "path": Headline("accuracy", 1, "McNemar"),
    "multi": Headline("macro_f1", 1, "paired bootstrap"),
    "number": Headline("mean_absolute_error", -1, "paired bootstrap"),
}


def headline_of(data: Mapping[str, Any]) -> Headline:
    """The headline of a report's data."""
    return HEADLINES[data["target"]["kind"]]


def shown_scores(data: Mapping[str, Any]) -> dict[str, str]:
    """The names that a report's scores are shown by, in order."""
    levels = {name: f"Accuracy, level {name[-1]}" for name in data["metrics"] if name.startswith("accuracy_level_")}
    known = {name: shown for name, shown in SCORES.items() if name in data["metrics"]}
    return {**dict(list(known.items())[:1]), **levels, **known}


def right_of(labels: NDArray[Any], chosen: NDArray[Any]) -> NDArray[np.bool_]:
    """Which answers are exactly right, (N,)."""
    same: NDArray[np.bool_] = np.asarray(labels == chosen)
    return np.asarray(same.all(axis=1)) if same.ndim == 2 else same
