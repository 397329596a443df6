"""`Baseline`: the predictions of the best of some linear models on the same words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from textrnn.config.baseline import BaselineModel
from textrnn.data.examples import SplitName
from textrnn.storage.files import open_atomic, read_json, write_json

FORMAT = 4
FittedModel = BaselineModel | Literal["centroid"]  # the last for many classes, whichever were asked for
MODELS: Mapping[FittedModel, str] = {
    "tfidf": "TF-IDF",
    "nb": "NB-LR",
    "svm": "SVM",
    "svm_characters": "SVM with characters",
    "centroid": "nearest centroid",
}


def name_model(model: FittedModel, inverse_penalty: float) -> str:
    """Return the display name of a model, with its C if it has one.

    >>> name_model("tfidf", 10.0), name_model("centroid", 1.0)
    ('TF-IDF, C = 10', 'nearest centroid')
    """
    return MODELS[model] if model == "centroid" else f"{MODELS[model]}, C = {inverse_penalty:g}"


@dataclass(frozen=True)
class Trial:
    """A model at one inverse penalty C, with its score and loss on validation (`textrnn.metrics.validation_score`)."""

    model: FittedModel
    inverse_penalty: float
    score: float
    loss: float


@dataclass(frozen=True)
class Baseline:
    """The predictions and the most important features of the chosen linear model.

    `scores[split]` (N, C) float64 are probabilities or values (`textrnn.metrics.predictions`) for the validation and
    test splits, if they exist; `thresholds` (C) of a `multi` target have the best F1 on validation; `trials` lists all
    models in the order of fitting, none without a validation split; `ngrams` is the length of the longest n-gram
    of words, `characters` are the lengths of the shortest and longest n-gram of characters, () without, `features` the
    number of columns. `top_features[c]` are the n-grams with the highest weights for class c, in
    descending order; for a number the first list raises it, the second lowers it.
    """

    scores: Mapping[SplitName, NDArray[np.float64]]
    model: FittedModel
    inverse_penalty: float
    trials: tuple[Trial, ...]
    ngrams: int
    features: int
    top_features: tuple[tuple[tuple[str, float], ...], ...]
    thresholds: tuple[float, ...] = ()
    characters: tuple[int, ...] = ()

    def save(self, folder: Path) -> None:
        """Write `<split>.npy` and `baseline.json` into `folder`; equal baselines give equal bytes."""
        for name, rows in self.scores.items():
            with open_atomic(folder / f"{name}.npy") as file:
                np.save(file, rows, allow_pickle=False)
        write_json(
            folder / "baseline.json",
            {
                "format": FORMAT,
                "splits": list(self.scores),
                "model": self.model,
                "inverse_penalty": self.inverse_penalty,
                "trials": [asdict(trial) for trial in self.trials],
                "ngrams": self.ngrams,
                "features": self.features,
                "top_features": self.top_features,
                "thresholds": self.thresholds,
                "characters": self.characters,
            },
        )

    @staticmethod
    def load(folder: Path) -> Baseline:
        """The baseline that `save` wrote into `folder`. Raises OSError, ValueError."""
        about = read_json(folder / "baseline.json")
        scores = {name: np.load(folder / f"{name}.npy", allow_pickle=False) for name in about["splits"]}
        top = tuple(tuple((text, weight) for text, weight in features) for features in about["top_features"])
        trials = tuple(Trial(**trial) for trial in about["trials"])
        return Baseline(
            scores,
            about["model"],
            about["inverse_penalty"],
            trials,
            about["ngrams"],
            about["features"],
            top,
            tuple(about["thresholds"]),
            tuple(about["characters"]),
        )
